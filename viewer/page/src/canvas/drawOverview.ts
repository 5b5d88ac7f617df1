import type { Layout } from '../types/Layout';
import type { Palette } from '../types/Palette';

/** What the overview is drawn from: one layout in lanes, at one size. */
interface Overview {
  readonly layout: Layout;
  readonly palette: Palette;
  readonly failed: Uint8Array;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

/** The whole trace in a few pixels: a line for each lane, and a mark for each error. */
export function drawOverview(
  context: CanvasRenderingContext2D,
  { layout, palette, failed, left, width, height }: Overview,
): void {
  const { bands, x0, x1, row, look, span } = layout;
  const perUnit = width / layout.width;
  const tall = Math.min(5, Math.max(1.5, (height - 6) / bands.length - 1));
  const bandOf = new Uint16Array(layout.rows.length);
  bands.forEach((band, index) =>
    bandOf.fill(index, band.top, band.top + band.rows),
  );
  for (let box = 0; box < x0.length; box += 1) {
    const from = x0[box] ?? 0;
    const at = bandOf[row[box] ?? 0] ?? 0;
    const wrong = look[box] === 0 && failed[span[box] ?? 0] === 1;
    context.fillStyle = wrong
      ? palette.error
      : (palette.lanes[layout.lane[box] ?? 0] ?? palette.grey);
    context.fillRect(
      left + from * perUnit,
      3 + at * (tall + 1),
      Math.max(((x1[box] ?? 0) - from) * perUnit, wrong ? 2 : 1),
      tall,
    );
  }
}
