import { formatTraceparent } from '../kernel/lib/formatTraceparent.js';
import { parseTraceparent } from '../kernel/lib/parseTraceparent.js';
import type { Span } from '../types/span.js';
import type { SpanContext } from '../types/spanContext.js';
import type { SpanContextLike, SpanParent } from '../types/spanOptions.js';

/** The context of whatever a caller gave as a parent, or `undefined` when it is not a valid one. */
export function readParent(parent: SpanParent): SpanContext | undefined {
  if (typeof parent === 'string') return parseTraceparent(parent);
  // `undefined` and `null` become an object without ids, which is not a valid context.
  const given = Object(parent) as Partial<Span> & SpanContextLike;
  const context: SpanContextLike = given.spanContext?.() ?? given;
  const { traceState } = context;
  // Through the header's own format, so that one place knows what a valid id is.
  return parseTraceparent(
    formatTraceparent(context),
    typeof traceState === 'object' ? traceState?.serialize() : traceState,
  );
}
