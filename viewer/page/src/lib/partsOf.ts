import type { Parts } from '../types/Parts';
import type { TraceModel } from '../types/TraceModel';
import { splitInvoke } from './splitInvoke';

/** The parts of every invoke of a trace, by the span of the page, or of the core where that one is missing. */
export function partsOf({
  trace,
  indexOf,
  forest,
}: TraceModel): Map<number, Parts> {
  const parts = new Map<number, Parts>();
  for (const invoke of trace.invokes) {
    const server = indexOf.get(invoke.serverSpanId);
    const span = indexOf.get(invoke.clientSpanId ?? '') ?? server;
    if (span === undefined) continue;
    const caller = forest.lane[span] ?? 0;
    const called = forest.lane[server ?? span] ?? caller;
    parts.set(span, splitInvoke(invoke, caller, called));
  }
  return parts;
}
