import type { PageBatch } from '../../bindings/PageBatch.js';

/** The name of the entry in `sessionStorage`. */
const ENTRY = 'tauri-plugin-opentelemetry';

/** Where the last batches of a page wait for the next page of its window. */
export interface Stash {
  put(batch: PageBatch): void;
  /** All batches. They are not in the stash any more. */
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
      return JSON.parse(entry ?? '[]') as PageBatch[];
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
