import type { PageSpan } from '../../bindings/PageSpan.js';
import type { Attributes } from '../../types/attributes.js';
import type { Page } from '../types/page.js';
import { addAttributes } from './addAttributes.js';
import { now } from './now.js';

/** Ends a span that has not ended: it is sent with the next batch. */
export function endRecord(
  page: Page,
  record: PageSpan | undefined,
  attributes?: Attributes,
  endTime = now(),
): void {
  if (!page.open_.delete(record)) return;
  if (attributes) {
    record.attributes = addAttributes(record.attributes, attributes);
  }
  // Rust drops a span that ends before it starts.
  record.endTime = Math.max(record.startTime, endTime);
  page.outbox_.add(record);
}
