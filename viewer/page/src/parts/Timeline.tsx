import { effect, useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { boxAt } from '../canvas/boxAt';
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
import { timeScale } from '../canvas/timeScale';
import { criticalStretches } from '../lib/criticalStretches';
import { formatDuration } from '../lib/formatDuration';
import { isWhole } from '../lib/isWhole';
import { panRange } from '../lib/panRange';
import { partsOf } from '../lib/partsOf';
import { relatedTo } from '../lib/relatedTo';
import { ROW, rowTops } from '../lib/rowTops';
import { visibleText } from '../lib/visibleText';
import { zoomRange } from '../lib/zoomRange';
import { usePainter } from '../state/usePainter';
import type { Layout } from '../types/Layout';
import type { Palette } from '../types/Palette';
import type { Scene } from '../types/Scene';
import type { TimelineState } from '../types/TimelineState';
import type { TraceModel } from '../types/TraceModel';

/** The height of the axis, and of the critical path below it, in CSS pixels. */
const TICKS = 26;
const STRIP = 15;
const AXIS = TICKS + STRIP + 5;

interface Props {
  readonly model: TraceModel;
  readonly layout: Layout;
  readonly state: TimelineState;
  /** Room for the titles on the left in CSS pixels. */
  readonly gutter: number;
  readonly label: string;
}

/** A layout of a trace on a canvas: only what is visible is drawn, at most once per frame. */
export function Timeline({ model, layout, state, gutter, label }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const axis = useRef<HTMLCanvasElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const scene = useRef<Scene | undefined>(undefined);
  const rowTop = useMemo(
    () => rowTops(layout.rows.length, layout.bands),
    [layout],
  );
  const fixed = useMemo(
    () => ({
      critical: criticalStretches(model),
      parts: partsOf(model),
      names: model.trace.spans.map(({ name }) => visibleText(name)),
    }),
    [model],
  );
  const { spans, gaps } = model.trace;
  // The flame graph adds times up, so it has no time axis.
  const axisHeight = layout.merged ? 8 : AXIS;

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
        gaps,
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
      const top = prepare(axis.current, now.width, axisHeight);
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

    const wheel = (event: WheelEvent) => {
      const current = scene.current;
      if (!current) return;
      const { deltaX, deltaY } = event;
      // Some browsers turn the wheel sideways themselves while Shift is held. A trackpad is never moved straight down.
      const sideways = event.shiftKey
        ? deltaY || deltaX
        : Math.abs(deltaX) > Math.abs(deltaY)
          ? deltaX
          : 0;
      const { time } = timeScale(current);
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const around = time(event.clientX - box.getBoundingClientRect().left);
        state.range.value = zoomRange(
          state.range.value,
          around,
          1.0015 ** deltaY,
          layout.width,
        );
      } else if (sideways) {
        event.preventDefault();
        state.range.value = panRange(
          state.range.value,
          time(sideways) - time(0),
          layout.width,
        );
      }
    };
    // Not as an attribute: there it would be passive, and the browser would zoom the page.
    box.addEventListener('wheel', wheel, { passive: false });
    return () => {
      cancelAnimationFrame(frame);
      stop();
      box.removeEventListener('scroll', redraw);
      box.removeEventListener('wheel', wheel);
    };
  }, [model, layout, gutter]);

  // A span that is selected from elsewhere comes into sight; one that was selected before stays out of it when the trace grows.
  useLayoutEffect(() => {
    const box = scroller.current;
    const at = layout.boxOf[state.selected.value] ?? -1;
    if (!box || at < 0) return;
    const top = rowTop[layout.row[at] ?? 0] ?? 0;
    const margin = 2 * ROW;
    if (top < box.scrollTop + margin) box.scrollTop = top - margin;
    else if (top > box.scrollTop + box.clientHeight - 2 * margin)
      box.scrollTop = top - box.clientHeight + 2 * margin;
    const [from, to] = state.range.peek();
    const [x0, x1] = [layout.x0[at] ?? 0, layout.x1[at] ?? 0];
    if (x1 < from || x0 > to)
      state.range.value = panRange(
        [from, to],
        (x0 + x1) / 2 - (from + to) / 2,
        layout.width,
      );
  }, [spans[state.selected.value]?.spanId]);

  const find = (event: MouseEvent) => {
    const place = canvas.current?.getBoundingClientRect();
    if (!scene.current || !place) return -1;
    return boxAt(
      scene.current,
      event.clientX - place.left,
      event.clientY - place.top,
    );
  };

  const drag = useRef<
    { x: number; range: readonly [number, number] } | undefined
  >(undefined);

  const onPointerMove = (event: PointerEvent) => {
    const current = scene.current;
    if (drag.current && current) {
      const { time } = timeScale(current);
      const by = time(drag.current.x) - time(event.clientX);
      state.range.value = panRange(drag.current.range, by, layout.width);
      return;
    }
    const box = find(event);
    state.hovered.value = box < 0 ? -1 : (layout.span[box] ?? -1);
    showTip(event, box);
  };

  /** By hand and not by a signal: the tip follows the pointer, and nothing else has to be drawn for that. */
  const showTip = (event: PointerEvent, box: number) => {
    const element = tip.current;
    const outer = scroller.current?.getBoundingClientRect();
    if (!element || !outer) return;
    element.hidden = box < 0;
    const span = spans[layout.span[box] ?? -1];
    if (!span) return;
    const count = layout.merged?.[box] ?? 1;
    const took = (layout.x1[box] ?? 0) - (layout.x0[box] ?? 0);
    const share = took / layout.width;
    element.replaceChildren(
      text('b', visibleText(span.name)),
      text('span', visibleText(model.trace.lanes[span.lane]?.label ?? '')),
      text(
        'span',
        layout.merged
          ? `${formatDuration(took)} in ${count} × · ${(share * 100).toFixed(1)} %`
          : `${formatDuration(took)} · at ${formatDuration(span.offset)} · self time ${formatDuration(span.selfTime)}`,
      ),
    );
    if (span.statusMessage)
      element.append(text('em', visibleText(span.statusMessage.slice(0, 200))));
    const left = event.clientX - outer.left;
    const wide = element.offsetWidth;
    element.style.left = `${Math.max(4, Math.min(left + 14, outer.width - wide - 8))}px`;
    const top = event.clientY - outer.top + axisHeight;
    const below = top + 20 + element.offsetHeight < outer.height + axisHeight;
    element.style.top = `${below ? top + 18 : top - element.offsetHeight - 10}px`;
  };

  return (
    <div class="timeline" role="group" aria-label={label}>
      <canvas
        ref={axis}
        class="axis"
        style={{ height: `${axisHeight}px` }}
        aria-hidden="true"
      />
      <div
        ref={scroller}
        class="scroller"
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          const box = find(event);
          if (box >= 0) state.select(layout.span[box] ?? -1);
          else if (!isWhole(state.range.peek(), layout.width)) {
            drag.current = { x: event.clientX, range: state.range.value };
            event.currentTarget.setPointerCapture(event.pointerId);
          }
        }}
        onPointerUp={() => (drag.current = undefined)}
        onPointerMove={onPointerMove}
        onPointerLeave={(event) => {
          state.hovered.value = -1;
          showTip(event, -1);
        }}
        onDblClick={(event) => {
          const box = find(event);
          const [x0, x1] = [layout.x0[box] ?? 0, layout.x1[box] ?? 0];
          const pad = (x1 - x0) * 0.1;
          state.range.value =
            box < 0 || x1 <= x0
              ? [0, layout.width]
              : zoomRange([x0 - pad, x1 + pad], (x0 + x1) / 2, 1, layout.width);
        }}
      >
        <canvas ref={canvas} aria-hidden="true" />
        <div style={{ height: `${rowTop[layout.rows.length] ?? 0}px` }} />
      </div>
      <div ref={tip} class="tip" hidden role="presentation" />
    </div>
  );
}

function text(tag: string, content: string): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = content;
  return element;
}
