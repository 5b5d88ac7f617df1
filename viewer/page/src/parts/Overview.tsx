import { useEffect, useRef } from 'preact/hooks';
import { drawOverview } from '../canvas/drawOverview';
import { prepare } from '../canvas/prepare';
import { readPalette } from '../canvas/readPalette';
import { clamp } from '../lib/clamp';
import { isWhole } from '../lib/isWhole';
import { panRange } from '../lib/panRange';
import { usePainter } from '../state/usePainter';
import type { Layout } from '../types/Layout';
import type { TimelineState } from '../types/TimelineState';
import type { TraceModel } from '../types/TraceModel';

interface Props {
  readonly model: TraceModel;
  readonly layout: Layout;
  readonly state: TimelineState;
}

/** The whole trace; drag to see a part of it, drag that part to move it. */
export function Overview({ model, layout, state }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const grip = useRef<
    { from: number; range?: readonly [number, number] } | undefined
  >(undefined);
  const { range } = state;

  const paint = usePainter(frame, () => {
    if (!frame.current || !canvas.current) return;
    const { clientWidth: width, clientHeight: height } = frame.current;
    const context = prepare(canvas.current, width, height);
    if (!context) return;
    const palette = readPalette(frame.current, model.hues);
    const { failed } = model;
    drawOverview(context, { layout, palette, failed, left: 0, width, height });
  });
  useEffect(paint, [layout]);

  const timeAt = (event: PointerEvent) => {
    const place = frame.current?.getBoundingClientRect();
    if (!place) return 0;
    const share = (event.clientX - place.left) / place.width;
    return clamp(share, 0, 1) * layout.width;
  };
  const [from, to] = range.value;
  const percent = (time: number) => `${(time / layout.width) * 100}%`;
  const whole = isWhole([from, to], layout.width);
  return (
    <div
      ref={frame}
      class="overview"
      role="img"
      aria-label="The whole trace"
      title="Drag to zoom, double-click for all"
      onPointerDown={(event) => {
        const time = timeAt(event);
        const inside = !whole && time > from && time < to;
        grip.current = inside
          ? { from: time, range: [from, to] }
          : { from: time };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (!grip.current) return;
        const time = timeAt(event);
        const { from: begin, range: moved } = grip.current;
        if (moved) range.value = panRange(moved, time - begin, layout.width);
        else if (Math.abs(time - begin) > layout.width / 200)
          range.value = [Math.min(begin, time), Math.max(begin, time)];
      }}
      onPointerUp={() => (grip.current = undefined)}
      onDblClick={() => (range.value = [0, layout.width])}
    >
      <canvas ref={canvas} />
      {!whole && (
        <>
          <div class="shade" style={{ left: 0, width: percent(from) }} />
          <div class="shade" style={{ left: percent(to), right: 0 }} />
          <div
            class="window"
            style={{ left: percent(from), width: percent(to - from) }}
          />
        </>
      )}
    </div>
  );
}
