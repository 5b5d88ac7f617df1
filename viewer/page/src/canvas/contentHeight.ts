import type { Scene } from '../types/Scene';

/** How far down the canvas there are rows, in CSS pixels. */
export function contentHeight({
  rowTop,
  layout,
  scrollTop,
  height,
}: Scene): number {
  return Math.min(height, (rowTop[layout.rows.length] ?? 0) - scrollTop);
}
