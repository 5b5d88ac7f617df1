import { BOX_KIND, type Layout } from '../types/Layout';
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
  const { bands, x0, x1, row, kind, span } = layout;
  const perUnit = width / layout.width;
  const tall = Math.min(5, Math.max(1.5, (height - 6) / bands.length - 1));
  const bandOf = new Uint16Array(layout.rows.length);
  bands.forEach((band, index) =>
    bandOf.fill(index, band.top, band.top + band.rows),
  );
  // What was drawn last in each band: a call covers what it called in its lane.
  const first = new Float64Array(bands.length).fill(Infinity);
  const last = new Float64Array(bands.length);
  for (let box = 0; box < x0.length; box += 1) {
    const from = (x0[box] ?? 0) * perUnit;
    const to = (x1[box] ?? 0) * perUnit;
    const at = bandOf[row[box] ?? 0] ?? 0;
    const wrong = kind[box] === BOX_KIND.span && failed[span[box] ?? 0] === 1;
    const covered = from >= (first[at] ?? 0) && to <= (last[at] ?? 0);
    if (covered && !wrong) continue;
    if (!wrong) {
      first[at] = from;
      last[at] = Math.max(to, from + 1);
    }
    context.fillStyle = wrong
      ? palette.error
      : (palette.lanes[layout.lane[box] ?? 0] ?? palette.grey);
    context.fillRect(
      left + from,
      3 + at * (tall + 1),
      Math.max(to - from, wrong ? 2 : 1),
      tall,
    );
  }
}
