import type { Heatmap } from '../bindings/Heatmap';
import type { Palette } from '../types/Palette';

interface Picture {
  readonly map: Heatmap;
  readonly palette: Palette;
  readonly left: number;
  readonly width: number;
  readonly height: number;
  readonly labelOf: (bound: number) => string;
}

/** A distribution over time: a column per step, a row per bucket, the stronger the more. */
export function drawHeatMap(
  context: CanvasRenderingContext2D,
  { map, palette, left, width, height, labelOf }: Picture,
): void {
  const columns = map.counts.length;
  const rows = map.bounds.length + 1;
  const wide = (width - left) / Math.max(columns, 1);
  const tall = height / rows;
  const max = map.counts.flat().reduce((max, count) => Math.max(max, count), 1);
  map.counts.forEach((counts, column) => {
    counts.forEach((count, row) => {
      if (count === 0) return;
      context.fillStyle = palette.accent;
      // The eye sees the square root; a single one is still seen.
      context.globalAlpha = 0.12 + 0.88 * Math.sqrt(count / max);
      context.fillRect(
        left + column * wide,
        height - (row + 1) * tall,
        Math.max(wide - 0.5, 1),
        Math.max(tall - 0.5, 1),
      );
    });
  });
  context.globalAlpha = 1;
  context.fillStyle = palette.muted;
  context.textAlign = 'right';
  const every = Math.ceil(18 / tall);
  map.bounds.forEach((bound, row) => {
    if (row % every === 0)
      context.fillText(labelOf(bound), left - 8, height - (row + 1) * tall);
  });
  context.textAlign = 'left';
}
