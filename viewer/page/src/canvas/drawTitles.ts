import { ROW } from '../lib/rowTops';
import type { Scene } from '../types/Scene';
import { fitText } from './fitText';
import { visibleRows } from './visibleRows';

/** The space that a level of the tree is indented by, until the levels would use up the column. */
const INDENT = 12;
const MAX_LEVELS = 12;

/** The names of the spans on the left of a layout that has one span per row. */
export function drawTitles(
  context: CanvasRenderingContext2D,
  scene: Scene,
): void {
  const { layout, rowTop, scrollTop, palette, gutter, width, matches } = scene;
  if (!layout.indent) return;
  const [first, past] = visibleRows(scene);
  for (let row = first; row < past; row += 1) {
    const box = layout.rows[row]?.[0] ?? 0;
    const span = layout.span[box] ?? 0;
    const y = (rowTop[row] ?? 0) - scrollTop;
    if (span === scene.selected || span === scene.hovered) {
      context.fillStyle = palette.band;
      context.fillRect(0, y, width, ROW);
    }
    const depth = layout.indent[span] ?? 0;
    const left = 8 + Math.min(depth, MAX_LEVELS) * INDENT;
    context.globalAlpha = matches && !matches[span] ? 0.35 : 1;
    context.fillStyle = palette.lanes[layout.lane[box] ?? 0] ?? palette.grey;
    context.beginPath();
    context.roundRect(left, y + 7, 8, 8, 2.5);
    context.fill();
    const name = scene.nameOf(span);
    context.fillStyle = scene.failed[span] ? palette.error : palette.fg;
    context.fillText(
      fitText(
        context,
        depth > MAX_LEVELS ? `${depth} ▸ ${name}` : name,
        gutter - left - 22,
      ),
      left + 14,
      y + ROW / 2,
    );
    context.globalAlpha = 1;
  }
}
