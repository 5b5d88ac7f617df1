import type { Scene } from '../types/Scene';
import { contentHeight } from './contentHeight';
import { fitText } from './fitText';
import { hatch } from './hatch';
import { timeScale } from './timeScale';

/** Hatches the times from which something is missing, and says why. */
export function drawGaps(
  context: CanvasRenderingContext2D,
  scene: Scene,
): void {
  const { gaps, palette, gutter, width, layout } = scene;
  const height = contentHeight(scene);
  // The flame graph has no time axis.
  if (gaps.length === 0 || layout.merged) return;
  const { x } = timeScale(scene);
  const pattern = hatch(context, palette.gap);
  let line = 0;
  for (const gap of gaps) {
    const left = Math.max(gutter, x(gap.offset));
    const right = Math.min(width, x(gap.offset + gap.duration));
    if (right < gutter || left > width) continue;
    const wide = Math.max(right - left, 3);
    context.fillStyle = pattern;
    context.fillRect(left, 0, wide, height);
    context.fillStyle = palette.error;
    context.globalAlpha = 0.35;
    context.fillRect(left, 0, 1, height);
    context.fillRect(left + wide - 1, 0, 1, height);
    context.globalAlpha = 1;
    const text = fitText(context, gap.cause, width - gutter - 24);
    const room = context.measureText(text).width + 12;
    const place = Math.max(gutter + 2, Math.min(left + 4, width - room - 4));
    const y = height - 14 - line * 20;
    context.fillStyle = palette.bg;
    context.beginPath();
    context.roundRect(place, y - 9, room, 18, 4);
    context.fill();
    context.fillStyle = palette.error;
    context.fillText(text, place + 6, y);
    line += 1;
  }
}
