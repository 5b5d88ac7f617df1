import { niceTicks } from '../lib/niceTicks';
import type { Scene } from '../types/Scene';
import { contentHeight } from './contentHeight';
import { TICK } from './drawAxis';
import { timeScale } from './timeScale';

/** The lines below the ticks of the axis. */
export function drawGrid(
  context: CanvasRenderingContext2D,
  scene: Scene,
): void {
  const { palette, gutter, width, from, to } = scene;
  const height = contentHeight(scene);
  const { x } = timeScale(scene);
  context.fillStyle = palette.line;
  for (const tick of niceTicks(from, to, (width - gutter) / TICK))
    context.fillRect(Math.round(x(tick)), 0, 1, height);
}
