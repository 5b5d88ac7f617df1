import { BAND_PADDING, ROW } from '../lib/rowTops';
import type { Scene } from '../types/Scene';
import { fitText } from './fitText';

/** The grounds of the lanes, with their titles on the left. A title stays in sight while its lane does. */
export function drawBands(
  context: CanvasRenderingContext2D,
  scene: Scene,
): void {
  const { layout, rowTop, scrollTop, height, width, palette, gutter } = scene;
  for (const band of layout.bands) {
    const top = (rowTop[band.top] ?? 0) - BAND_PADDING - scrollTop;
    const tall = band.rows * ROW + 2 * BAND_PADDING;
    if (top + tall < 0 || top > height) continue;
    context.fillStyle = palette.band;
    context.beginPath();
    context.roundRect(0, top, width, tall, 6);
    context.fill();
    context.fillStyle = palette.lanes[band.lane] ?? palette.grey;
    context.beginPath();
    context.roundRect(0, top, 3, tall, [6, 0, 0, 6]);
    context.fill();
    const y = Math.min(
      Math.max(top, 0) + BAND_PADDING + ROW / 2,
      top + tall - ROW / 2,
    );
    const [kind = '', ...name] = band.title.split(' · ');
    context.fillStyle = name.length ? palette.muted : palette.fg;
    const left = 14;
    const written = fitText(context, kind, gutter - left - 8);
    context.fillText(written, left, y);
    if (name.length === 0) continue;
    const next = left + context.measureText(`${written} `).width + 2;
    context.fillStyle = palette.fg;
    context.fillText(
      fitText(context, name.join(' · '), gutter - next - 8),
      next,
      y,
    );
  }
}
