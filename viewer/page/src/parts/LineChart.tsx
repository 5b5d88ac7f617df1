import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { MetricSeriesAnswer } from '../bindings/MetricSeriesAnswer';
import { readPalette } from '../canvas/readPalette';
import { formatTimeTicks } from '../lib/formatTimeTicks';
import { formatValue } from '../lib/formatValue';
import { seriesHue } from '../lib/seriesHue';
import { seriesNames } from '../lib/seriesNames';
import { withParams } from '../lib/withParams';
import { go } from '../state/go';
import { link } from '../state/link';
import { usePainter } from '../state/usePainter';

const HEIGHT = 260;

/** Room for the half of a time on the right, which the heat map leaves as well. */
const RIGHT = 16;

const FONT = '11px Inter, system-ui, sans-serif';

interface Props {
  readonly answer: MetricSeriesAnswer;
  /** Is told over which of the times the pointer is. */
  readonly onPoint: (index: number | undefined) => void;
}

/** The series of a metric as lines. Drag to see only that time. A hole is a hole: nothing is drawn where no point came. */
export function LineChart({ answer, onPoint }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);

  const names = seriesNames(answer.series);
  const draw = usePainter(frame, () => {
    const element = frame.current;
    if (!element) return;
    plot.current?.destroy();
    const { metric, series, step, shows } = answer;
    const palette = readPalette(
      element,
      series.map((_, index) => seriesHue(index)),
    );
    const unit = shows === 'rate' && metric.unit === 's' ? '1' : metric.unit;
    const axis = {
      stroke: palette.muted,
      font: FONT,
      grid: { stroke: palette.line, width: 1 },
      ticks: { show: false },
    };
    plot.current = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        padding: [null, RIGHT, null, null],
        legend: { show: false },
        cursor: {
          points: { size: 7 },
          drag: { x: true, y: false, setScale: false },
        },
        scales: {
          // A value stands for the step after it, as a column of the heat map does.
          x: { range: (_, min, max) => [min, max + step] },
          y: {
            range: (_, min, max) => [
              Math.min(0, min),
              max > 0 ? max * 1.08 : 1,
            ],
          },
        },
        axes: [
          {
            ...axis,
            values: (_, ticks) =>
              formatTimeTicks(
                ticks.map((tick) => tick * 1000),
                Date.now(),
              ),
            space: 90,
          },
          {
            ...axis,
            size: 66,
            values: (_, ticks) => ticks.map((tick) => formatValue(tick, unit)),
          },
        ],
        series: [
          {},
          ...names.map((label, index) => ({
            label,
            stroke: palette.lanes[index] ?? palette.accent,
            width: 1.75,
            // A line connects neighbouring steps only: without dots, points that are further apart are not seen.
            points: { show: true, size: 4, width: 0 },
            ...(series.length === 1 ? { fill: palette.band } : {}),
          })),
        ],
        hooks: {
          setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)],
          setSelect: [
            (chart) => {
              if (chart.select.width < 4) return;
              const at = (x: number) =>
                String(Math.round(chart.posToVal(x, 'x') * 1000));
              go(
                withParams(link.value, {
                  last: undefined,
                  start: at(chart.select.left),
                  end: at(chart.select.left + chart.select.width),
                }),
              );
            },
          ],
        },
      },
      dataOf(answer),
      element,
    );
  });
  useEffect(draw, [names.join('\n'), answer.step]);
  // New values alone leave the chart, and the pointer in it, where it is.
  useEffect(() => plot.current?.setData(dataOf(answer)), [answer]);
  useEffect(() => () => plot.current?.destroy(), []);
  return (
    <div
      ref={frame}
      class="chart"
      role="img"
      aria-label={`${answer.metric.name} over time`}
    />
  );
}

/** Seconds, and the values of each line. */
function dataOf({ times, series }: MetricSeriesAnswer): uPlot.AlignedData {
  return [
    times.map((time) => time / 1000),
    ...series.map(({ values }) => values),
  ];
}
