import type { Trace } from '../bindings/Trace';
import type { TraceModel } from '../types/TraceModel';
import { laneHues } from './laneHues';

/** Turns a trace into columns, once. */
export function buildModel(trace: Trace): TraceModel {
  const { spans } = trace;
  const count = spans.length;
  const indexOf = new Map(spans.map((span, index) => [span.spanId, index]));
  const parent = new Int32Array(count).fill(-1);
  const start = new Float64Array(count);
  const end = new Float64Array(count);
  const self = new Float64Array(count);
  const lane = new Uint16Array(count);
  const failed = new Uint8Array(count);
  const children: number[][] = Array.from({ length: count }, () => []);
  const roots: number[] = [];
  spans.forEach((span, index) => {
    start[index] = span.offset;
    end[index] = span.offset + span.duration;
    self[index] = span.selfTime;
    lane[index] = span.lane;
    failed[index] = span.status === 'error' ? 1 : 0;
    const above =
      span.parentSpanId === undefined
        ? undefined
        : indexOf.get(span.parentSpanId);
    // The viewer sends each span after its parent. One that names a later span, or itself, is a root: a circle has no top.
    if (above === undefined || above >= index) roots.push(index);
    else {
      parent[index] = above;
      children[above]?.push(index);
    }
  });
  return {
    trace,
    forest: { count, parent, children, roots, start, end, self, lane },
    indexOf,
    hues: laneHues(trace.lanes.map(({ kind }) => kind)),
    failed,
  };
}
