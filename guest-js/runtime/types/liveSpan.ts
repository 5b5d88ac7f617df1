import type { PageSpan } from '../../bindings/PageSpan.js';
import type { Span } from '../../types/span.js';
import type { SpanContext } from '../../types/spanContext.js';

/** A span of this page. */
export interface LiveSpan extends Span {
  readonly context_: SpanContext;
  /** What is sent in the end. Absent when the span is not sampled, and once it has ended. */
  readonly record_: PageSpan | undefined;
}
