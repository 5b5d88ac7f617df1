import { lowerBound } from '../lib/lowerBound';
import { ROW } from '../lib/rowTops';
import type { Scene } from '../types/Scene';
import { timeScale } from './timeScale';
import { visibleRows } from './visibleRows';

/** How far beside a thin bar a click still means it, in CSS pixels. */
const SLACK = 3;

/** The box at a place of the canvas, or -1. */
export function boxAt(scene: Scene, left: number, top: number): number {
  const { layout, rowTop } = scene;
  const [first, past] = visibleRows(scene);
  const y = top + scene.scrollTop;
  const row =
    lowerBound(past, (row) => (rowTop[row] ?? 0) > y && row >= first) - 1;
  const boxes = layout.rows[row] ?? [];
  if (row < 0 || y > (rowTop[row] ?? 0) + ROW) return -1;
  if (layout.indent && left < scene.gutter) return boxes[0] ?? -1;
  if (left < scene.gutter) return -1;
  const { time } = timeScale(scene);
  const index = lowerBound(
    boxes.length,
    (index) => (layout.x1[boxes[index] ?? 0] ?? 0) >= time(left - SLACK),
  );
  const box = boxes[index];
  return box !== undefined && (layout.x0[box] ?? 0) <= time(left + SLACK)
    ? box
    : -1;
}
