import type { TraceModel } from '../types/TraceModel';
import type { Wire } from '../types/Wire';

/** The ways of all invokes between page and core, for the lane that lies between them. */
export function wiresOf({ trace, indexOf }: TraceModel): Wire[] {
  const wires: Wire[] = [];
  for (const invoke of trace.invokes) {
    const span = indexOf.get(invoke.clientSpanId ?? invoke.serverSpanId);
    const service = trace.lanes[trace.spans[span ?? -1]?.lane ?? -1]?.service;
    const lane = trace.lanes.findIndex(
      (lane) => lane.kind === 'ipc' && lane.service === service,
    );
    if (span === undefined || lane < 0) continue;
    const out = invoke.offset + (invoke.page ?? 0);
    const back = invoke.offset + invoke.duration;
    if (invoke.ipc !== undefined)
      wires.push({
        lane,
        span,
        from: out,
        to: out + invoke.ipc,
        response: false,
      });
    if (invoke.return !== undefined)
      wires.push({
        lane,
        span,
        from: back - invoke.return,
        to: back,
        response: true,
      });
  }
  return wires;
}
