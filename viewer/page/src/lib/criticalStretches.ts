import type { TraceModel } from '../types/TraceModel';

/** The stretches of each span on the critical path, as pairs of begin and end. */
export function criticalStretches({
  trace,
  indexOf,
}: TraceModel): Map<number, number[]> {
  const stretches = new Map<number, number[]>();
  for (const { spanId, offset, duration } of trace.criticalPath) {
    const span = indexOf.get(spanId);
    if (span === undefined) continue;
    const known = stretches.get(span);
    if (known) known.push(offset, offset + duration);
    else stretches.set(span, [offset, offset + duration]);
  }
  return stretches;
}
