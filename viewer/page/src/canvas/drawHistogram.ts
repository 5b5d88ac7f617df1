import type { HistogramBucket } from '../bindings/HistogramBucket';
import { formatTimeTicks } from '../lib/formatTimeTicks';
import { niceTicks } from '../lib/niceTicks';
import type { Palette } from '../types/Palette';
import { hatch } from './hatch';

/** The room of the times below the bars in CSS pixels. */
const FOOT = 18;

interface Picture {
  readonly buckets: readonly HistogramBucket[];
  readonly step: number;
  readonly palette: Palette;
  readonly width: number;
  readonly height: number;
  /** What lies before this time was removed. */
  readonly prunedBefore: number | undefined;
}

/** Traces over time: how many, and how many of them with an error. */
export function drawHistogram(
  context: CanvasRenderingContext2D,
  { buckets, step, palette, width, height, prunedBefore }: Picture,
): void {
  const first = buckets[0]?.start ?? 0;
  const last = first + step * buckets.length;
  const tall = height - FOOT;
  const wide = width / Math.max(buckets.length, 1);
  const max = buckets.reduce(
    (max, { count, leftOut }) => Math.max(max, count + leftOut),
    1,
  );
  if (prunedBefore !== undefined && prunedBefore > first) {
    context.fillStyle = hatch(context, palette.gap);
    const until = ((prunedBefore - first) / (last - first)) * width;
    context.fillRect(0, 0, Math.min(until, width), tall);
  }
  const missing = hatch(context, palette.gap);
  buckets.forEach(({ count, errors, leftOut }, index) => {
    if (count === 0) return;
    // A single trace among thousands is still seen.
    const bar = Math.max((count / max) * (tall - 6), 2);
    const bad = errors && Math.max((errors / count) * bar, 2);
    const left = index * wide;
    const thick = Math.max(wide - 1.5, 1);
    // What sampling has left out, above what it has kept.
    const gap = (leftOut / max) * (tall - 6);
    context.fillStyle = missing;
    context.fillRect(left, tall - bar - gap, thick, gap);
    context.fillStyle = palette.lanes[0] ?? palette.accent;
    context.beginPath();
    context.roundRect(left, tall - bar, thick, bar, [2, 2, 0, 0]);
    context.fill();
    context.fillStyle = palette.errorBar;
    context.fillRect(left, tall - bad, thick, bad);
  });
  context.fillStyle = palette.line;
  context.fillRect(0, tall, width, 1);
  context.fillStyle = palette.muted;
  // Ticks at round local times.
  const shift = new Date(first).getTimezoneOffset() * 60_000;
  const seconds = (last - first) / 1000;
  const each = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600,
    86_400,
  ].find((each) => seconds / each <= width / 96);
  const ticks = each
    ? Array.from(
        { length: Math.floor(seconds / each) + 1 },
        (_, index) =>
          (Math.ceil((first - shift) / each / 1000) + index) * each * 1000 +
          shift,
      )
    : niceTicks(first, last, width / 96);
  const texts = formatTimeTicks(ticks, Date.now());
  ticks.forEach((tick, index) => {
    const x = ((tick - first) / (last - first)) * width;
    if (x > width - 30) return;
    context.fillText(texts[index] ?? '', x + 4, height - 7);
    context.fillRect(x, tall, 1, 5);
  });
}
