import type { SpanContext } from '../../types/spanContext.js';
import type { Page } from '../types/page.js';
import { randomId } from './randomId.js';

/**
 * The context of a new span, and so whether it is recorded. Without a parent it is the root of a new
 * trace, sampled by the page's ratio. `share` thins the sampled traces out further.
 */
export function newContext(
  page: Page,
  parent: SpanContext | undefined,
  share = 1,
): SpanContext {
  const traceId = parent?.traceId ?? randomId(32);
  const ratio = Math.min(parent ? parent.traceFlags : page.ratio_, share);
  return {
    traceId,
    spanId: randomId(16),
    // `TraceIdRatioBased` as the OpenTelemetry SDK for Rust has it: by the upper half of the lower 8
    // bytes. So the page and Rust agree on a trace, whoever is asked, and the traces of a small ratio
    // are among those of a larger one.
    traceFlags: Number(
      ratio >= 1 || parseInt(traceId.slice(16, 24), 16) < ratio * 2 ** 32,
    ),
    traceState: parent?.traceState,
  };
}
