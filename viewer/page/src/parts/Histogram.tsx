import { useEffect, useRef, useState } from 'preact/hooks';
import { drawHistogram } from '../canvas/drawHistogram';
import { prepare } from '../canvas/prepare';
import { readPalette } from '../canvas/readPalette';
import type { TraceHistogram } from '../bindings/TraceHistogram';
import { clamp } from '../lib/clamp';
import { formatCount } from '../lib/formatCount';
import { formatDuration } from '../lib/formatDuration';
import { formatWhen } from '../lib/formatWhen';
import { plural } from '../lib/plural';
import { withParams } from '../lib/withParams';
import { go } from '../state/go';
import { link } from '../state/link';
import { status } from '../state/status';
import { usePainter } from '../state/usePainter';

/** The hue of the pages, where traces begin. */
const HUES = [262];

/** Traces over time. Drag to see only that time. */
export function Histogram({ data }: { data: TraceHistogram }) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [brush, setBrush] = useState<[number, number] | undefined>(undefined);
  const [over, setOver] = useState(-1);
  const { buckets, step } = data;
  const prunedBefore = status.value?.pruned.before;

  const paint = usePainter(frame, () => {
    if (!frame.current || !canvas.current) return;
    const { clientWidth: width, clientHeight: height } = frame.current;
    const context = prepare(canvas.current, width, height);
    const palette = readPalette(frame.current, HUES);
    if (context)
      drawHistogram(context, {
        buckets,
        step,
        palette,
        width,
        height,
        prunedBefore,
      });
  });
  useEffect(paint, [data, prunedBefore]);

  const shareAt = (event: PointerEvent) => {
    const place = frame.current?.getBoundingClientRect();
    if (!place) return 0;
    return clamp((event.clientX - place.left) / place.width, 0, 1);
  };
  const timeAt = (share: number) =>
    (buckets[0]?.start ?? 0) + share * step * buckets.length;
  const shown = buckets[over];
  return (
    <div
      ref={frame}
      class="histogram-frame histogram"
      role="img"
      aria-label={`Traces over time: ${plural(
        buckets.reduce((sum, { count }) => sum + count, 0),
        'trace',
      )}. Drag to choose a time.`}
      onPointerDown={(event) => {
        const share = shareAt(event);
        setBrush([share, share]);
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const share = shareAt(event);
        if (brush) setBrush([brush[0], share]);
        setOver(
          Math.min(buckets.length - 1, Math.floor(share * buckets.length)),
        );
      }}
      onPointerLeave={() => setOver(-1)}
      onPointerUp={() => {
        if (!brush) return;
        setBrush(undefined);
        const [from, to] = [...brush].sort((a, b) => a - b) as [number, number];
        if (to - from < 0.004) return;
        go(
          withParams(link.value, {
            last: undefined,
            start: String(Math.floor(timeAt(from))),
            end: String(Math.ceil(timeAt(to))),
          }),
        );
      }}
    >
      <canvas ref={canvas} class="histogram" />
      {brush && (
        <div
          class="brush"
          style={{
            left: `${Math.min(...brush) * 100}%`,
            width: `${Math.abs(brush[1] - brush[0]) * 100}%`,
          }}
        />
      )}
      {shown && !brush && (
        <div
          class="tip"
          style={{
            top: '78px',
            [over > buckets.length / 2 ? 'right' : 'left']:
              `${(over > buckets.length / 2 ? 1 - over / buckets.length : over / buckets.length) * 100}%`,
          }}
        >
          <b>{plural(shown.count, 'trace')}</b>
          {shown.errors > 0 && <em>{shown.errors} with an error</em>}
          {shown.leftOut > 0 && (
            <em>{formatCount(shown.leftOut)} left out by sampling</em>
          )}
          <span>
            {formatWhen(shown.start, Date.now(), step < 1000 ? 3 : 0)} +{' '}
            {formatDuration(step * 1e6)}
          </span>
          {shown.count > 0 && (
            <span>longest {formatDuration(shown.maxDuration)}</span>
          )}
        </div>
      )}
    </div>
  );
}
