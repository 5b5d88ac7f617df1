import type { Forest } from '../types/Forest';
import type { Layout } from '../types/Layout';
import { preorder } from './preorder';
import { rowsOf } from './rowsOf';

/**
 * The flame graph: spans of the same name, lane and parents are one box, as wide as the time that was spent in it and below it. Time that
 * ran at once is counted for each, so a box can be wider than the call took.
 */
export function layoutFlame(
  forest: Forest,
  nameOf: (span: number) => string,
): Layout {
  const { count, parent, start, end, lane, self } = forest;
  const { order, depth } = preorder(forest);

  const boxOf = new Int32Array(count);
  const value: number[] = [];
  const owner: number[] = [];
  const above: number[] = [];
  const merged: number[] = [];
  const below: Map<string, number>[] = [];
  const top = new Map<string, number>();
  for (const span of order) {
    const up = (parent[span] ?? -1) < 0 ? -1 : (boxOf[parent[span] ?? 0] ?? 0);
    const siblings = up < 0 ? top : below[up];
    const key = `${lane[span]} ${nameOf(span)}`;
    let box = siblings?.get(key);
    if (box === undefined) {
      box = value.length;
      siblings?.set(key, box);
      value.push(0);
      owner.push(span);
      above.push(up);
      merged.push(0);
      below.push(new Map());
    }
    boxOf[span] = box;
    value[box] = (value[box] ?? 0) + (self[span] ?? 0);
    merged[box] = (merged[box] ?? 0) + 1;
    const longest = owner[box] ?? span;
    if (length(span) > length(longest)) owner[box] = span;
  }
  // A box comes after the one it lies in, so from the end every box is complete when it is added to its parent.
  for (let box = value.length - 1; box >= 0; box -= 1) {
    const up = above[box] ?? -1;
    if (up >= 0) value[up] = (value[up] ?? 0) + (value[box] ?? 0);
  }

  const boxes = value.length;
  const x0 = new Float64Array(boxes);
  const x1 = new Float64Array(boxes);
  const width = place(top, 0);
  for (let box = 0; box < boxes; box += 1) place(below[box], x0[box] ?? 0);

  const span = Int32Array.from(owner);
  const row = Int32Array.from(owner, (span) => depth[span] ?? 0);
  const deepest = row.reduce((max, value) => Math.max(max, value), -1);
  return {
    x0,
    x1,
    lane: Uint16Array.from(owner, (span) => lane[span] ?? 0),
    row,
    rows: rowsOf(row, x0, deepest + 1),
    bands: [],
    kind: new Uint8Array(boxes),
    span,
    boxOf,
    merged: Uint32Array.from(merged),
    width: Math.max(width, 1),
  };

  function length(span: number): number {
    return (end[span] ?? 0) - (start[span] ?? 0);
  }

  /** Lays the boxes of one parent side by side, the widest first. */
  function place(
    siblings: Map<string, number> | undefined,
    from: number,
  ): number {
    let left = from;
    const widest = [...(siblings?.values() ?? [])].sort(
      (a, b) => (value[b] ?? 0) - (value[a] ?? 0),
    );
    for (const box of widest) {
      x0[box] = left;
      left += value[box] ?? 0;
      x1[box] = left;
    }
    return left;
  }
}
