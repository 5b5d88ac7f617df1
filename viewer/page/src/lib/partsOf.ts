import type { Parts } from '../types/Parts';
import type { TraceModel } from '../types/TraceModel';
import { splitInvoke } from './splitInvoke';

/** The parts of every invoke of a trace, by its span in the page as well as by the one in the core. */
export function partsOf({
  trace,
  indexOf,
  forest: { lane },
}: TraceModel): Map<number, Parts> {
  const parts = new Map<number, Parts>();
  for (const invoke of trace.invokes) {
    const spans = [invoke.clientSpanId, invoke.serverSpanId].flatMap(
      (id) => indexOf.get(id ?? '') ?? [],
    );
    const [caller = 0, called = caller] = spans;
    const split = splitInvoke(invoke, lane[caller] ?? 0, lane[called] ?? 0);
    for (const span of spans) parts.set(span, split);
  }
  return parts;
}
