import { signal } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { boxAt } from '../canvas/boxAt';
import { timeScale } from '../canvas/timeScale';
import { isWhole } from '../lib/isWhole';
import { panRange } from '../lib/panRange';
import { ROW, rowTops } from '../lib/rowTops';
import { zoomRange } from '../lib/zoomRange';
import { axisHeight, useTimelinePainter } from '../state/useTimelinePainter';
import { useWheelZoom } from '../state/useWheelZoom';
import type { Layout } from '../types/Layout';
import type { TimelineState } from '../types/TimelineState';
import type { TraceModel } from '../types/TraceModel';
import { TimelineTip } from './TimelineTip';

interface Props {
  readonly model: TraceModel;
  readonly layout: Layout;
  readonly state: TimelineState;
  /** Room for the titles on the left in CSS pixels. */
  readonly gutter: number;
  readonly label: string;
}

/** A layout of a trace on a canvas: only what is visible is drawn. */
export function Timeline({ model, layout, state, gutter, label }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const axis = useRef<HTMLCanvasElement>(null);
  const { spans } = model.trace;
  const rowTop = useMemo(
    () => rowTops(layout.rows.length, layout.bands),
    [layout],
  );
  const scene = useTimelinePainter({
    scroller,
    canvas,
    axis,
    model,
    layout,
    rowTop,
    state,
    gutter,
  });
  useWheelZoom(scroller, scene, state.range);

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
  // Another layout has other boxes.
  const under = useMemo(
    () => signal<{ box: number; x: number; y: number } | undefined>(undefined),
    [layout],
  );

  return (
    <div class="timeline" role="group" aria-label={label}>
      <canvas
        ref={axis}
        class="axis"
        style={{ height: `${axisHeight(layout)}px` }}
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
        onPointerMove={(event) => {
          if (drag.current && scene.current) {
            const { time } = timeScale(scene.current);
            const by = time(drag.current.x) - time(event.clientX);
            state.range.value = panRange(drag.current.range, by, layout.width);
            return;
          }
          const box = find(event);
          state.hovered.value = layout.span[box] ?? -1;
          under.value = { box, x: event.clientX, y: event.clientY };
        }}
        onPointerLeave={() => {
          state.hovered.value = -1;
          under.value = undefined;
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
      <TimelineTip model={model} layout={layout} under={under} />
    </div>
  );
}
