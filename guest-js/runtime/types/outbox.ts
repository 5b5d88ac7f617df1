import type { PageSpan } from '../../bindings/PageSpan.js';

/** Where ended spans wait for the next batch. */
export interface Outbox {
  /** Queues a span; what finds the queue full is dropped and counted. */
  add(span: PageSpan): void;
  /**
   * Sends all that is queued before it returns; resolves when it is delivered or given up. With
   * `final`, the last batch is sent even if it is empty, and never has `MAX_BATCH` spans.
   */
  flush(final?: boolean): Promise<void>;
}
