import type { Forest } from '../types/Forest';
import type { Layout } from '../types/Layout';
import { preorder } from './preorder';

/** One row per span, children indented below their parent. */
export function layoutTree(forest: Forest): Layout {
  const { count, start, end, lane } = forest;
  const { order, depth } = preorder(forest);
  const row = new Int32Array(count);
  order.forEach((span, index) => (row[span] = index));
  const identity = Int32Array.from(row, (_, span) => span);
  return {
    x0: start,
    x1: end,
    lane,
    row,
    rows: order.map((span) => [span]),
    bands: [],
    kind: new Uint8Array(count),
    span: identity,
    boxOf: identity,
    indent: depth,
    width: end.reduce((max, value) => Math.max(max, value), 1),
  };
}
