import type { TraceModel } from '../types/TraceModel';
import type { Scene } from '../types/Scene';
import { fitText } from './fitText';
import { timeScale } from './timeScale';

/** The critical path as one line in the colours of the lanes: which span the trace was waiting for. */
export function drawCriticalStrip(
  context: CanvasRenderingContext2D,
  scene: Scene,
  { trace, indexOf }: TraceModel,
  top: number,
  height: number,
): void {
  if (trace.criticalPath.length === 0) return;
  const { palette, gutter, width, nameOf } = scene;
  const { x } = timeScale(scene);
  context.fillStyle = palette.critical;
  context.fillText(
    fitText(context, 'critical path', gutter - 20),
    14,
    top + height / 2,
  );
  context.save();
  context.beginPath();
  context.rect(gutter - 1, top, width - gutter, height);
  context.clip();
  // How far the line is drawn: stretches of less than a pixel share one.
  let drawn = -Infinity;
  for (const { spanId, offset, duration } of trace.criticalPath) {
    const left = x(offset);
    const right = x(offset + duration);
    if (left > width) break;
    if (right < Math.max(gutter, drawn + 1)) continue;
    const span = indexOf.get(spanId);
    if (span === undefined) continue;
    drawn = right;
    context.fillStyle = scene.failed[span]
      ? palette.errorBar
      : (palette.lanes[trace.spans[span]?.lane ?? 0] ?? palette.grey);
    const wide = right - left;
    if (wide < 6) {
      context.fillRect(left, top, Math.max(wide, 1), height);
      continue;
    }
    context.beginPath();
    context.roundRect(left, top, wide - 1, height, 2.5);
    context.fill();
    const begin = Math.max(left, gutter);
    const text = fitText(context, nameOf(span), right - begin - 8);
    context.fillStyle = palette.onBar;
    if (text) context.fillText(text, begin + 4, top + height / 2 + 0.5);
  }
  context.restore();
}
