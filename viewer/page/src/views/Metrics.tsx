import { useState } from 'preact/hooks';
import type { MetricInfo } from '../bindings/MetricInfo';
import type { MetricSeriesAnswer } from '../bindings/MetricSeriesAnswer';
import { formatValue } from '../lib/formatValue';
import { laneColour } from '../lib/laneColour';
import { plural } from '../lib/plural';
import { queryOf } from '../lib/queryOf';
import { seriesHue } from '../lib/seriesHue';
import { seriesNames } from '../lib/seriesNames';
import { visibleText } from '../lib/visibleText';
import { withParams } from '../lib/withParams';
import { ExportButton } from '../parts/ExportButton';
import { HeatMap } from '../parts/HeatMap';
import { LineChart } from '../parts/LineChart';
import { None } from '../parts/None';
import { Problem } from '../parts/Problem';
import { SearchField } from '../parts/SearchField';
import { ViewLink } from '../parts/ViewLink';
import { go } from '../state/go';
import { link } from '../state/link';
import { useAnswer } from '../state/useAnswer';
import { useShortcuts } from '../state/useShortcuts';

const PARAMS = [
  'service',
  'attribute',
  'groupBy',
  'start',
  'end',
  'stepInterval',
];

const KINDS: Record<MetricInfo['kind'], string> = {
  gauge: 'gauge',
  sum: 'sum',
  histogram: 'histogram',
  exponentialHistogram: 'histogram',
  summary: 'summary',
};

/** The catalogue of metrics, and one of them as a chart. */
export function Metrics() {
  const { params, id } = link.value;
  const search = params.get('search') ?? '';
  const { data, error } = useAnswer<MetricInfo[]>(
    () =>
      `/api/metrics${queryOf(link.value, ['service', 'search'], Date.now())}`,
    `metrics ${params.get('run')} ${search}`,
    true,
  );
  const name = id || data?.[0]?.name || '';
  const to = (name: string) =>
    withParams({ ...link.value, id: name }, { groupBy: undefined });
  const move = (by: number) => {
    const at = data?.findIndex((one) => one.name === name) ?? -1;
    const next = data?.[at + by];
    if (next) go(to(next.name), true);
  };
  useShortcuts([
    { key: 'j', does: 'next metric', run: () => move(1) },
    { key: 'k', does: 'metric before', run: () => move(-1) },
  ]);
  return (
    <div class="metrics">
      <div class="catalogue">
        <div class="bar">
          <SearchField
            value={search}
            placeholder="Find a metric      /"
            label="Find a metric"
            onInput={(text) =>
              go(withParams(link.value, { search: text }), true)
            }
          />
        </div>
        <Problem text={error} />
        <ul>
          {data?.map((metric) => (
            <li key={metric.name}>
              <ViewLink
                to={to(metric.name)}
                aria-current={metric.name === name ? 'true' : undefined}
              >
                <span class="clip name">{visibleText(metric.name)}</span>
                <span class="clip muted">
                  {KINDS[metric.kind]} ·{' '}
                  {plural(metric.series, 'series').replace('seriess', 'series')}{' '}
                  · {visibleText(metric.services.join(', '))}
                </span>
              </ViewLink>
            </li>
          ))}
        </ul>
        {data?.length === 0 && <None noun="metric" filters={['search']} />}
      </div>
      <div class="scroll">{name && <Metric key={name} name={name} />}</div>
    </div>
  );
}

function Metric({ name }: { name: string }) {
  const [point, setPoint] = useState<number | undefined>(undefined);
  const { params } = link.value;
  const { data, error } = useAnswer<MetricSeriesAnswer>(
    () =>
      `/api/metrics/${encodeURIComponent(name)}${queryOf(link.value, PARAMS, Date.now())}`,
    `metric ${name} ${params}`,
    !params.get('end'),
  );
  if (!data) return <Problem text={error} />;
  const { metric, series, heatmap, moreSeries, shows } = data;
  const names = seriesNames(series);
  const unit = shows === 'rate' && metric.unit === 's' ? '1' : metric.unit;
  return (
    <div class="metric">
      <Problem text={error} />
      <h1>{visibleText(metric.name)}</h1>
      <p class="muted">{visibleText(metric.description)}</p>
      <div class="bar">
        {metric.attributes.length > 0 && (
          <select
            class="field"
            aria-label="Group by"
            value={params.get('groupBy') ?? ''}
            onChange={({ currentTarget }) =>
              go(withParams(link.value, { groupBy: currentTarget.value }), true)
            }
          >
            <option value="">every set of attributes</option>
            {metric.attributes.map((name) => (
              <option key={name} value={name}>
                by {visibleText(name)}
              </option>
            ))}
          </select>
        )}
        <ExportButton
          query={() =>
            queryOf(link.value, PARAMS, Date.now(), { signal: 'metrics', name })
          }
          name={name}
        />
      </div>
      {heatmap && heatmap.bounds.length > 0 && (
        <section>
          <h2>
            Distribution{' '}
            <span class="muted">dots are exemplars and open their trace</span>
          </h2>
          <HeatMap answer={data} map={heatmap} />
        </section>
      )}
      <section>
        <h2>
          {shows === 'rate'
            ? 'Per second'
            : shows === 'p95'
              ? '95th percentile'
              : 'Value'}
        </h2>
        <LineChart answer={data} onPoint={setPoint} />
        <ul class="legend">
          {series.map((one, index) => (
            <li key={index}>
              <i
                class="dot"
                style={{ backgroundColor: laneColour(seriesHue(index)) }}
              />
              {names[index]}
              <span class="muted"> {valueOf(one.values, unit, point)}</span>
            </li>
          ))}
          {moreSeries > 0 && (
            <li class="muted">and {moreSeries} more with smaller values</li>
          )}
        </ul>
      </section>
    </div>
  );
}

/** The value that the pointer is at, or else the last. */
function valueOf(
  values: readonly (number | null)[],
  unit: string,
  point: number | undefined,
): string {
  const value =
    point === undefined
      ? [...values].reverse().find((value) => value !== null)
      : values[point];
  return value === undefined || value === null ? '–' : formatValue(value, unit);
}
