import type { PageBatch } from '../../bindings/PageBatch.js';
import { now } from './now.js';

/** The name of the entry in `sessionStorage`. */
const ENTRY = 'tauri-plugin-opentelemetry';

/** Where the last batches of a page wait for the next page of its window. */
export interface Stash {
  put(batch: PageBatch): void;
  /** All batches, as if they were made now. They are not in the stash any more. */
  take(): PageBatch[];
}

/**
 * Keeps batches in `sessionStorage`, for a page that cannot send anything any more. Where that is not
 * to be had, or full, they are lost.
 */
export function createStash(): Stash {
  function take(): PageBatch[] {
    try {
      const entry = sessionStorage.getItem(ENTRY);
      sessionStorage.removeItem(ENTRY);
      const batches = JSON.parse(entry ?? '[]') as PageBatch[];
      // Rust would take an old time for a clock that is wrong.
      return batches.map((batch) => ({ ...batch, sentAt: now() }));
    } catch {
      return [];
    }
  }

  return {
    take,
    put(batch) {
      try {
        sessionStorage.setItem(ENTRY, JSON.stringify([...take(), batch]));
      } catch {
        // Nobody is left who could be told.
      }
    },
  };
}
