import type { PageSpan } from '../../bindings/PageSpan.js';
import type { SpanContext } from '../../types/spanContext.js';
import type { Page } from '../types/page.js';
import { clip } from './clip.js';
import { now } from './now.js';

/** What is sent of a span that starts now, if it is recorded. */
export function openRecord(
  page: Page,
  context: SpanContext,
  parent: SpanContext | undefined,
  name: string,
  invoke?: boolean,
): PageSpan | undefined {
  if (!context.traceFlags) return;
  const startTime = now();
  const record: PageSpan = {
    traceId: context.traceId,
    spanId: context.spanId,
    parentSpanId: parent?.spanId,
    traceState: context.traceState,
    name: clip(name),
    invoke,
    startTime,
    endTime: startTime,
  };
  page.open_.add(record);
  return record;
}
