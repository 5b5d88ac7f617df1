import type { SpanContext } from '../../types/spanContext.js';
import { randomId } from './randomId.js';

/** The context of a new span. `ratio` is the share of all traces that are sampled. */
export function newContext(
  parent: SpanContext | undefined,
  ratio: number,
): SpanContext {
  const traceId = parent?.traceId ?? randomId(32);
  return {
    traceId,
    spanId: randomId(16),
    traceFlags: Number(isSampled(traceId, ratio)),
    traceState: parent?.traceState,
  };
}

/**
 * `TraceIdRatioBased` as the OpenTelemetry SDK for Rust has it: by the upper half of the lower 8
 * bytes. So the page and Rust agree on a trace, whoever is asked, and the traces of a small ratio
 * are among those of a larger one.
 */
function isSampled(traceId: string, ratio: number): boolean {
  return ratio >= 1 || parseInt(traceId.slice(16, 24), 16) < ratio * 2 ** 32;
}
