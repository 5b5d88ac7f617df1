import { formatDuration } from '../lib/formatDuration';
import { lowerBound } from '../lib/lowerBound';
import { BOX_KIND } from '../types/Layout';
import type { Scene } from '../types/Scene';
import { fitText } from './fitText';
import { hatch } from './hatch';
import { timeScale } from './timeScale';
import { visibleRows } from './visibleRows';

/** The height of a bar in a row, and of the strip at its foot that shows the parts of an invoke. */
export const BAR = 18;
const STRIP = 4;
/** A bar narrower than this is a plain rectangle without a label; several of them with hardly a gap are drawn as one. */
const NARROW = 5;
const HARDLY = 1.5;
/** The least room, in a bar or beside it, for a label. */
const LABELLED = 26;
/** How much of a bar is left that does not match the search. */
const DIMMED = 0.18;

/** Draws the boxes that are visible. What is drawn is bounded by the pixels, not by the spans. */
export function drawBoxes(
  context: CanvasRenderingContext2D,
  scene: Scene,
): void {
  const { layout, rowTop, scrollTop, palette, gutter, width, matches } = scene;
  const { x0, x1, rows, lane, kind, span } = layout;
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
    /** A run of narrow boxes of one look that is not yet drawn. */
    let run = { left: 0, right: 0, colour: '', alpha: 0 };
    const flush = () => {
      if (!run.colour) return;
      context.globalAlpha = run.alpha;
      context.fillStyle = run.colour;
      context.fillRect(run.left, y, Math.max(run.right - run.left, 1.5), BAR);
      run = { ...run, colour: '' };
    };
    for (let index = from; index < boxes.length; index += 1) {
      const box = boxes[index] ?? 0;
      const start = x0[box] ?? 0;
      if (start > scene.to) break;
      const left = x(start);
      const right = x(x1[box] ?? 0);
      const next = boxes[index + 1];
      const room = (next === undefined ? width : x(x0[next] ?? 0)) - right;
      if (right - left >= NARROW || room > LABELLED || isMarked(box)) {
        flush();
        drawBar(box, left, right - left, y, Math.min(room, width - right));
        continue;
      }
      const colour = colourOf(box);
      const alpha = alphaOf(box);
      const same = colour === run.colour && alpha === run.alpha;
      if (same && left - run.right < HARDLY) {
        run.right = Math.max(run.right, right);
        continue;
      }
      // What is failed or found is seen even where a thousand others share its pixel.
      const shared = run.colour !== '' && left < run.right - 0.5;
      if (shared && weight(box) === 0) continue;
      flush();
      run = { left, right: Math.max(right, left + 1), colour, alpha };
    }
    flush();
  }
  context.restore();

  function isMarked(box: number): boolean {
    return span[box] === scene.selected || span[box] === scene.hovered;
  }

  function weight(box: number): number {
    const index = span[box] ?? 0;
    return (scene.failed[index] ?? 0) + (matches?.[index] ?? 0);
  }

  function alphaOf(box: number): number {
    return matches && !matches[span[box] ?? 0] ? DIMMED : 1;
  }

  function colourOf(box: number): string {
    if (kind[box] !== BOX_KIND.span) return palette.grey;
    return scene.failed[span[box] ?? 0] && !layout.merged
      ? palette.errorBar
      : (palette.lanes[lane[box] ?? 0] ?? palette.grey);
  }

  function drawBar(
    box: number,
    left: number,
    exact: number,
    y: number,
    room: number,
  ) {
    const index = span[box] ?? 0;
    // Neighbours that touch stay apart by a hair.
    const wide = Math.max(exact - (exact > 6 ? 1 : 0), 1.5);
    context.globalAlpha = alphaOf(box);
    context.fillStyle = colourOf(box);
    context.beginPath();
    if (wide < NARROW) context.rect(left, y, wide, BAR);
    else context.roundRect(left, y, wide, BAR, 3.5);
    context.fill();

    const parts =
      kind[box] === BOX_KIND.span ? scene.parts.get(index) : undefined;
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
      room,
    );
    context.globalAlpha = 1;
    if (kind[box] === BOX_KIND.span && !layout.merged) drawCritical(index, y);
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
    room: number,
  ) {
    if (wide < LABELLED && room < LABELLED) return;
    const took = formatDuration((x1[box] ?? 0) - (x0[box] ?? 0));
    const count = layout.merged?.[box] ?? 1;
    const text =
      kind[box] === BOX_KIND.request
        ? `→ ${took}`
        : kind[box] === BOX_KIND.response
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
      if (kind[box] !== BOX_KIND.span) return;
      const free = inside - context.measureText(fitting).width - 16;
      const needed = context.measureText(took).width;
      if (free < needed) return;
      context.globalAlpha = alpha * 0.62;
      context.fillText(took, left + wide - 6 - needed, middle);
      return;
    }
    // Beside the bar, when nothing else is there. The flame graph has no room there: its boxes touch.
    const right = left + wide + 6;
    const beside = layout.merged ? '' : fitText(context, text, room - 14);
    if (beside && right > gutter) {
      context.fillStyle = palette.muted;
      context.fillText(beside, right, middle);
    }
  }
}
