import type { SpanContext } from '../../types/spanContext.js';

/** The context as the `traceparent` header of W3C Trace Context. */
export function formatTraceparent(
  context: Pick<SpanContext, 'traceId' | 'spanId' | 'traceFlags'>,
): string {
  return `00-${context.traceId}-${context.spanId}-0${context.traceFlags & 1}`;
}
