import type { Forest } from '../../src/types/Forest';

/** A span as `[lane, parent, start, end]`; the parent is an index into the list, or -1. */
export type Row = readonly [number, number, number, number];

/** A forest from rows, parents first. */
export function forest(rows: readonly Row[]): Forest {
  const children: number[][] = rows.map(() => []);
  const roots: number[] = [];
  rows.forEach(([, parent], index) =>
    (parent < 0 ? roots : (children[parent] as number[])).push(index),
  );
  const self = rows.map(([, , start, end], index) =>
    (children[index] ?? []).reduce(
      (left, child) =>
        left - ((rows[child] as Row)[3] - (rows[child] as Row)[2]),
      end - start,
    ),
  );
  return {
    count: rows.length,
    parent: Int32Array.from(rows, ([, parent]) => parent),
    children,
    roots,
    lane: Uint16Array.from(rows, ([lane]) => lane),
    start: Float64Array.from(rows, ([, , start]) => start),
    end: Float64Array.from(rows, ([, , , end]) => end),
    self: Float64Array.from(self),
  };
}
