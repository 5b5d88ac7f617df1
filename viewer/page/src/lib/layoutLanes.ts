import type { Forest } from '../types/Forest';
import { BOX_KIND, type Band, type Layout } from '../types/Layout';
import type { Wire } from '../types/Wire';
import { preorder } from './preorder';
import { rowsOf } from './rowsOf';
import { stackBlocks } from './stackBlocks';

/**
 * The waterfall: each lane is a band of rows. A span and what it called in the same lane are a block of rows, the children below their
 * parent; blocks that run at once are stacked, so that calls do not get entangled.
 */
export function layoutLanes(
  forest: Forest,
  laneTitles: readonly string[],
  wires: readonly Wire[] = [],
): Layout {
  const { count, parent } = forest;
  const x0 = concat(
    forest.start,
    wires.map(({ from }) => from),
  );
  const x1 = concat(
    forest.end,
    wires.map(({ to }) => to),
  );
  const boxes = x0.length;
  const lane = new Uint16Array(boxes);
  lane.set(forest.lane);
  const kind = new Uint8Array(boxes);
  const span = Int32Array.from(x0, (_, box) => box);
  wires.forEach((wire, index) => {
    const box = count + index;
    lane[box] = wire.lane;
    kind[box] = wire.response ? BOX_KIND.response : BOX_KIND.request;
    span[box] = wire.span;
  });

  // What a block of rows begins with: the boxes whose parent is in another lane, by lane.
  const tops: number[][] = laneTitles.map(() => []);
  const below: number[][] = Array.from({ length: boxes }, () => []);
  const inside = (box: number) => {
    const above = box < count ? (parent[box] ?? -1) : -1;
    return above >= 0 && lane[above] === lane[box] ? above : -1;
  };
  const { order } = preorder(forest);
  for (let box = count; box < boxes; box += 1) order.push(box);
  for (const box of order)
    (inside(box) < 0 ? tops[lane[box] ?? 0] : below[inside(box)])?.push(box);

  // From the leaves up: how many rows a box and all below it need, and when.
  const from = Float64Array.from(x0);
  const to = Float64Array.from(x1);
  const tall = new Int32Array(boxes).fill(1);
  /** The row of each box, counted from the first one below its parent, or from the top of its lane. */
  const place = new Int32Array(boxes);
  const stack = (list: number[]) => {
    list.sort((a, b) => (from[a] ?? 0) - (from[b] ?? 0));
    const stacked = stackBlocks(
      list.map((box) => ({
        from: from[box] ?? 0,
        to: to[box] ?? 0,
        rows: tall[box] ?? 1,
      })),
    );
    list.forEach((box, index) => (place[box] = stacked.tops[index] ?? 0));
    return stacked.rows;
  };
  for (const box of [...order].reverse()) {
    const children = below[box] ?? [];
    if (children.length === 0) continue;
    tall[box] = 1 + stack(children);
    for (const child of children) {
      from[box] = Math.min(from[box] ?? 0, from[child] ?? 0);
      to[box] = Math.max(to[box] ?? 0, to[child] ?? 0);
    }
  }

  const bands: Band[] = [];
  let top = 0;
  tops.forEach((list, index) => {
    const rows = stack(list);
    if (rows === 0) return;
    bands.push({ title: laneTitles[index] ?? '', lane: index, top, rows });
    for (const box of list) place[box] = top + (place[box] ?? 0);
    top += rows;
  });
  const row = place;
  for (const box of order)
    if (inside(box) >= 0)
      row[box] = (row[inside(box)] ?? 0) + 1 + (place[box] ?? 0);

  return {
    x0,
    x1,
    lane,
    row,
    rows: rowsOf(row, x0, top),
    bands,
    kind,
    span,
    boxOf: Int32Array.from({ length: count }, (_, index) => index),
    width: x1.reduce((max, value) => Math.max(max, value), 1),
  };
}

function concat(column: Float64Array, more: readonly number[]): Float64Array {
  const all = new Float64Array(column.length + more.length);
  all.set(column);
  all.set(more, column.length);
  return all;
}
