import { useEffect, useRef } from 'preact/hooks';
import type { Heatmap } from '../bindings/Heatmap';
import type { MetricSeriesAnswer } from '../bindings/MetricSeriesAnswer';
import { drawHeatMap } from '../canvas/drawHeatMap';
import { prepare } from '../canvas/prepare';
import { readPalette } from '../canvas/readPalette';
import { bucketOf } from '../lib/bucketOf';
import { clamp } from '../lib/clamp';
import { formatValue } from '../lib/formatValue';
import { formatWhen } from '../lib/formatWhen';
import { traceLink } from '../state/traceLink';
import { usePainter } from '../state/usePainter';
import { ViewLink } from './ViewLink';

/** Room for the bounds of the buckets on the left in CSS pixels. */
const LEFT = 66;

interface Props {
  readonly answer: MetricSeriesAnswer;
  readonly map: Heatmap;
}

/** The distribution of a histogram over time, with its exemplars as links to their traces. */
export function HeatMap({ answer, map }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { times, step, exemplars, metric } = answer;
  const draw = usePainter(frame, () => {
    if (!frame.current || !canvas.current) return;
    const { clientWidth: width, clientHeight: height } = frame.current;
    const context = prepare(canvas.current, width, height);
    if (context)
      drawHeatMap(context, {
        map,
        palette: readPalette(frame.current, []),
        left: LEFT,
        width,
        height,
        labelOf: (bound) => formatValue(bound, metric.unit),
      });
  });
  useEffect(draw, [answer]);
  const first = times[0] ?? 0;
  const length = times.length * step * 1000;
  const rows = map.bounds.length + 1;
  return (
    <div ref={frame} class="heatmap">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`The distribution of ${metric.name} over time`}
      />
      {exemplars.map(({ time, value, traceId, spanId }, index) =>
        traceId ? (
          <ViewLink
            key={index}
            class="exemplar"
            to={traceLink(traceId, spanId)}
            title={`${formatValue(value, metric.unit)} at ${formatWhen(time, Date.now())}: open its trace`}
            style={{
              left: `calc(${LEFT}px + (100% - ${LEFT}px) * ${clamp((time - first) / length, 0, 1)})`,
              bottom: `${((bucketOf(map.bounds, value) + 0.5) / rows) * 100}%`,
            }}
          >
            <span class="hidden-text">{formatValue(value, metric.unit)}</span>
          </ViewLink>
        ) : null,
      )}
    </div>
  );
}
