import { formatDuration } from '../lib/formatDuration';
import { lowerBound } from '../lib/lowerBound';
import { LOOK } from '../types/Layout';
import type { Scene } from '../types/Scene';
import { fitText } from './fitText';
import { hatch } from './hatch';
import { timeScale } from './timeScale';
import { visibleRows } from './visibleRows';

/** The height of a bar in a row, and of the strip at its foot that shows the parts of an invoke. */
export const BAR = 18;
const STRIP = 4;
/** A bar narrower than this has no round corners and no parts. */
const NARROW = 5;
/** How much of a bar is left that does not match the search. */
const DIMMED = 0.18;

/** Draws the boxes that are visible. Those narrower than a pixel are drawn together: what is drawn is bounded by the pixels, not by the spans. */
export function drawBoxes(
  context: CanvasRenderingContext2D,
  scene: Scene,
): void {
  const { layout, rowTop, scrollTop, palette, gutter, width, matches } = scene;
  const { x0, x1, rows, lane, look, span } = layout;
  const { x } = timeScale(scene);
  const [first, past] = visibleRows(scene);
  const waiting = hatch(context, palette.onBar);
  context.save();
  context.beginPath();
  context.rect(gutter - 1, 0, width - gutter + 1, scene.height);
  context.clip();
  for (let row = first; row < past; row += 1) {
    const boxes = rows[row] ?? [];
    const y = (rowTop[row] ?? 0) - scrollTop + 2;
    const from = lowerBound(
      boxes.length,
      (index) => (x1[boxes[index] ?? 0] ?? 0) >= scene.from,
    );
    // The boxes of one pixel: where they begin, and the one that is drawn for them.
    let shared = -1;
    let shown = 0;
    for (let index = from; index < boxes.length; index += 1) {
      const box = boxes[index] ?? 0;
      const start = x0[box] ?? 0;
      if (start > scene.to) break;
      const left = x(start);
      const wide = x(x1[box] ?? 0) - left;
      if (wide < 1) {
        const pixel = Math.round(left);
        if (pixel === shared) {
          if (weight(box) > weight(shown)) shown = box;
          else continue;
        } else shown = box;
        shared = pixel;
        fill(box);
        context.fillRect(pixel, y, 1.5, BAR);
        continue;
      }
      drawBar(box, left, wide, y, boxes[index + 1]);
    }
  }
  context.restore();

  /** What is failed or found is seen even where a thousand others share its pixel. */
  function weight(box: number): number {
    const index = span[box] ?? 0;
    return (scene.failed[index] ?? 0) + 2 * (matches?.[index] ?? 0);
  }

  function fill(box: number) {
    const index = span[box] ?? 0;
    context.globalAlpha = matches && !matches[index] ? DIMMED : 1;
    context.fillStyle =
      look[box] !== LOOK.span
        ? palette.grey
        : scene.failed[index] && !layout.merged
          ? palette.errorBar
          : (palette.lanes[lane[box] ?? 0] ?? palette.grey);
  }

  function drawBar(
    box: number,
    left: number,
    exact: number,
    y: number,
    next: number | undefined,
  ) {
    const index = span[box] ?? 0;
    // Neighbours that touch stay apart by a hair.
    const wide = Math.max(exact - (exact > 6 ? 1 : 0), 1.5);
    fill(box);
    context.beginPath();
    if (wide < NARROW) context.rect(left, y, wide, BAR);
    else context.roundRect(left, y, wide, BAR, 3.5);
    context.fill();

    const parts = look[box] === LOOK.span ? scene.parts.get(index) : undefined;
    const split = parts !== undefined && wide > 28 && !layout.merged;
    if (split) {
      context.save();
      context.clip();
      for (const part of parts) {
        const at = x(part.from);
        const length = x(part.from + part.duration) - at;
        context.fillStyle =
          part.colour === 'grey'
            ? palette.grey
            : (palette.lanes[part.lane] ?? palette.grey);
        context.fillRect(at, y + BAR - STRIP, length, STRIP);
        if (part.name === 'queue') {
          context.fillStyle = waiting;
          context.fillRect(at, y + BAR - STRIP, length, STRIP);
        }
      }
      context.fillStyle = palette.onBar;
      context.globalAlpha *= 0.28;
      context.fillRect(left, y + BAR - STRIP - 1, wide, 1);
      context.restore();
    }

    if (index === scene.hovered || index === scene.selected) {
      context.globalAlpha = 1;
      context.strokeStyle =
        index === scene.selected ? palette.accent : palette.fg;
      context.lineWidth = index === scene.selected ? 2 : 1;
      context.beginPath();
      context.roundRect(left - 1, y - 1, wide + 2, BAR + 2, 4.5);
      context.stroke();
    }
    label(
      box,
      index,
      left,
      wide,
      y + (split ? BAR - STRIP : BAR) / 2 + 0.5,
      next,
    );
    context.globalAlpha = 1;
    if (look[box] === LOOK.span && !layout.merged) drawCritical(index, y);
  }

  function drawCritical(index: number, y: number) {
    const stretches = scene.critical.get(index);
    if (!stretches) return;
    context.fillStyle = palette.critical;
    for (let pair = 0; pair < stretches.length; pair += 2) {
      const at = x(stretches[pair] ?? 0);
      const length = x(stretches[pair + 1] ?? 0) - at;
      context.fillRect(at, y + BAR + 0.5, Math.max(length, 1), 1.5);
    }
  }

  function label(
    box: number,
    index: number,
    left: number,
    wide: number,
    middle: number,
    next: number | undefined,
  ) {
    const took = formatDuration((x1[box] ?? 0) - (x0[box] ?? 0));
    const count = layout.merged?.[box] ?? 1;
    const text =
      look[box] === LOOK.request
        ? `→ ${took}`
        : look[box] === LOOK.response
          ? `← ${took}`
          : count > 1
            ? `${scene.nameOf(index)} ×${count}`
            : scene.nameOf(index);
    // A bar that begins left of the view is labelled where it comes into sight.
    const begin = Math.max(left, gutter);
    const inside = left + wide - begin - 12;
    context.fillStyle = palette.onBar;
    const alpha = context.globalAlpha;
    const fitting = fitText(context, text, inside);
    if (fitting === text || inside > 60) {
      context.fillText(fitting, begin + 6, middle);
      if (look[box] !== LOOK.span) return;
      const free = inside - context.measureText(fitting).width - 16;
      const room = context.measureText(took).width;
      if (free < room) return;
      context.globalAlpha = alpha * 0.62;
      context.fillText(took, left + wide - 6 - room, middle);
      return;
    }
    // Beside the bar, when nothing else is there. The flame graph has no room there: its boxes touch.
    const right = left + wide + 6;
    const room =
      (next === undefined ? width : Math.min(width, x(x0[next] ?? 0))) - right;
    const beside = layout.merged ? '' : fitText(context, text, room - 8);
    if (beside && right > gutter) {
      context.fillStyle = palette.muted;
      context.fillText(beside, right, middle);
    }
  }
}
