import type { Span } from '../../types/span.js';

/** Ends the span of an invoke, if it has one; with an `error.type`, as failed. */
export function endClientSpan(
  span: Span | undefined,
  errorType?: string | false,
  endTime?: number,
): void {
  if (errorType) span?.setAttribute('error.type', errorType).setStatus('error');
  span?.end(endTime);
}
