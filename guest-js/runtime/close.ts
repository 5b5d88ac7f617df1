import { endRecord } from './lib/endRecord.js';
import type { Page } from './types/page.js';

/**
 * Ends what is still open, because the page is about to go, says so, and sends everything: with
 * `final` also an empty batch.
 */
export function close(page: Page, final?: boolean): Promise<void> {
  for (const record of page.open_) {
    endRecord(page, record, { 'span.unfinished': true });
  }
  return page.outbox_.flush(final);
}
