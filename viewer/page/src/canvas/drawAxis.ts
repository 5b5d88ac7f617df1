import { formatTick } from '../lib/formatTick';
import { niceTicks } from '../lib/niceTicks';
import type { Scene } from '../types/Scene';
import { timeScale } from './timeScale';

/** The least distance of two ticks in CSS pixels. */
export const TICK = 92;

/** The times over the timeline. */
export function drawAxis(
  context: CanvasRenderingContext2D,
  scene: Scene,
  height: number,
): void {
  const { palette, gutter, width, from, to } = scene;
  const { x } = timeScale(scene);
  context.fillStyle = palette.muted;
  const ticks = niceTicks(from, to, (width - gutter) / TICK);
  const [first = from, second = first + to - from] = ticks;
  for (const tick of ticks) {
    const at = Math.round(x(tick));
    context.fillStyle = palette.line;
    context.fillRect(at, height - 6, 1, 6);
    context.fillStyle = palette.muted;
    context.fillText(formatTick(tick, second - first, to), at + 5, height - 9);
  }
}
