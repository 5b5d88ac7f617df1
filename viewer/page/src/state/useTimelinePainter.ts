import { effect, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { drawAxis } from '../canvas/drawAxis';
import { drawBands } from '../canvas/drawBands';
import { drawBoxes } from '../canvas/drawBoxes';
import { drawCriticalStrip } from '../canvas/drawCriticalStrip';
import { drawGaps } from '../canvas/drawGaps';
import { drawGrid } from '../canvas/drawGrid';
import { drawLinks } from '../canvas/drawLinks';
import { drawTitles } from '../canvas/drawTitles';
import { prepare } from '../canvas/prepare';
import { readPalette } from '../canvas/readPalette';
import { criticalStretches } from '../lib/criticalStretches';
import { partsOf } from '../lib/partsOf';
import { relatedTo } from '../lib/relatedTo';
import { visibleText } from '../lib/visibleText';
import type { Layout } from '../types/Layout';
import type { Palette } from '../types/Palette';
import type { Scene } from '../types/Scene';
import type { TimelineState } from '../types/TimelineState';
import type { TraceModel } from '../types/TraceModel';
import { usePainter } from './usePainter';

/** The height of the axis, and of the critical path below it, in CSS pixels. */
const TICKS = 26;
const STRIP = 15;

/** Room for both above the rows. The flame graph adds times up, so it has no time axis. */
export function axisHeight(layout: Layout): number {
  return layout.merged ? 8 : TICKS + STRIP + 5;
}

interface Timeline {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly axis: RefObject<HTMLCanvasElement | null>;
  readonly model: TraceModel;
  readonly layout: Layout;
  readonly rowTop: Float64Array;
  readonly state: TimelineState;
  readonly gutter: number;
}

/** Draws a timeline when something of it has changed, at most once per frame. Gives what was drawn last. */
export function useTimelinePainter({
  scroller,
  canvas,
  axis,
  model,
  layout,
  rowTop,
  state,
  gutter,
}: Timeline): { readonly current: Scene | undefined } {
  const scene = useRef<Scene | undefined>(undefined);
  const fixed = useMemo(
    () => ({
      critical: criticalStretches(model),
      parts: partsOf(model),
      names: model.trace.spans.map(({ name }) => visibleText(name)),
    }),
    [model],
  );
  // Reading the colours takes a good part of a frame, so it is done only when they or the size may have changed.
  const colours = useSignal<Palette | undefined>(undefined);
  const readColours = usePainter(scroller, () => {
    if (scroller.current)
      colours.value = readPalette(scroller.current, model.hues);
  });

  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    readColours();
    let frame = 0;
    const redraw = () => {
      frame ||= requestAnimationFrame(draw);
    };
    const draw = () => {
      frame = 0;
      const palette = colours.peek();
      if (!canvas.current || !axis.current || !palette) return;
      const [from, to] = state.range.value;
      const selected = state.selected.value;
      const now: Scene = {
        layout,
        palette,
        rowTop,
        width: box.clientWidth,
        height: box.clientHeight,
        gutter,
        scrollTop: box.scrollTop,
        from,
        to,
        gaps: model.trace.gaps,
        nameOf: (span) => fixed.names[span] ?? '',
        failed: model.failed,
        critical: fixed.critical,
        parts: fixed.parts,
        matches: state.matches.value,
        selected,
        hovered: state.hovered.value,
        related: relatedTo(model.forest, selected),
      };
      scene.current = now;
      const top = prepare(axis.current, now.width, axisHeight(layout));
      axis.current.style.width = `${now.width}px`;
      if (top && !layout.merged) {
        drawAxis(top, now, TICKS);
        drawCriticalStrip(top, now, model, TICKS, STRIP);
      }
      const context = prepare(canvas.current, now.width, now.height);
      if (!context) return;
      canvas.current.style.height = `${now.height}px`;
      drawBands(context, now);
      drawTitles(context, now);
      if (!layout.merged) drawGrid(context, now);
      drawGaps(context, now);
      drawLinks(context, now);
      drawBoxes(context, now);
    };
    const stop = effect(() => {
      void state.range.value;
      void state.selected.value;
      void state.hovered.value;
      void state.matches.value;
      void colours.value;
      redraw();
    });
    box.addEventListener('scroll', redraw, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      stop();
      box.removeEventListener('scroll', redraw);
    };
  }, [model, layout, gutter]);
  return scene;
}
