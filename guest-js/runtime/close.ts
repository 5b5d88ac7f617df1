import type { Page } from './types/page.js';

/**
 * Ends what is still open, because the page is about to go, says so, and sends everything: with
 * `final` also an empty batch.
 */
export function close(page: Page, final?: boolean): Promise<void> {
  for (const span of page.open_) {
    span.setAttribute('span.unfinished', true).end();
  }
  return page.outbox_.flush(final);
}
