import type { SpanContext } from '../../types/spanContext.js';

// Versions to come may append fields, which are ignored, as the recommendation asks. Version 00 has none.
const TRACEPARENT =
  /^(?!ff|00-.{53})[\da-f]{2}-(?!0+-)([\da-f]{32})-(?!0+-)([\da-f]{16})-([\da-f]{2})(?:-|$)/;

// What a header may hold. The members are not looked into: they belong to other vendors.
const TRACESTATE = /^[ -~]{1,512}$/;

/** The context in a `traceparent` header, or `undefined` when it is not a valid one. */
export function parseTraceparent(
  traceparent: string,
  traceState?: string | null,
): SpanContext | undefined {
  const match = TRACEPARENT.exec(traceparent);
  return match
    ? {
        traceId: match[1] as string,
        spanId: match[2] as string,
        traceFlags: parseInt(match[3] as string, 16) & 1,
        traceState:
          traceState && TRACESTATE.test(traceState) ? traceState : undefined,
      }
    : undefined;
}
