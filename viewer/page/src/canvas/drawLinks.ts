import { ROW } from '../lib/rowTops';
import type { Scene } from '../types/Scene';
import { timeScale } from './timeScale';

/** Connects the selected span with its ancestors and its children, where they lie in other rows. */
export function drawLinks(
  context: CanvasRenderingContext2D,
  scene: Scene,
): void {
  const { layout, rowTop, scrollTop, palette, gutter } = scene;
  if (layout.merged) return;
  const { x } = timeScale(scene);
  context.save();
  context.beginPath();
  context.rect(gutter, 0, scene.width - gutter, scene.height);
  context.clip();
  context.strokeStyle = palette.accent;
  context.lineWidth = 1.25;
  context.globalAlpha = 0.7;
  for (const [above, below] of scene.related) {
    const fromBox = layout.boxOf[above] ?? -1;
    const toBox = layout.boxOf[below] ?? -1;
    const at = x(layout.x0[toBox] ?? 0);
    const top = (rowTop[layout.row[fromBox] ?? 0] ?? 0) - scrollTop + ROW / 2;
    const bottom = (rowTop[layout.row[toBox] ?? 0] ?? 0) - scrollTop + ROW / 2;
    const away = Math.max(at - 9, gutter + 1);
    context.beginPath();
    context.moveTo(Math.max(x(layout.x0[fromBox] ?? 0), away), top);
    context.lineTo(away, top);
    context.lineTo(away, bottom - Math.sign(bottom - top) * 5);
    context.quadraticCurveTo(away, bottom, away + 5, bottom);
    context.lineTo(at - 1, bottom);
    context.stroke();
  }
  context.restore();
}
