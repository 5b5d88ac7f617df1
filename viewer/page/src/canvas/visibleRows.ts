import { lowerBound } from '../lib/lowerBound';
import { ROW } from '../lib/rowTops';
import type { Scene } from '../types/Scene';

/** The first row that is visible, and the first that is no longer. */
export function visibleRows({
  layout,
  rowTop,
  scrollTop,
  height,
}: Scene): [number, number] {
  const rows = layout.rows.length;
  return [
    lowerBound(rows, (row) => (rowTop[row] ?? 0) + ROW > scrollTop),
    lowerBound(rows, (row) => (rowTop[row] ?? 0) >= scrollTop + height),
  ];
}
