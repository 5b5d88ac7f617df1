import type { TraceHistogram } from '../bindings/TraceHistogram';
import type { TraceSummary } from '../bindings/TraceSummary';
import type { TracesAnswer } from '../bindings/TracesAnswer';
import { barWidth } from '../lib/barWidth';
import { formatCount } from '../lib/formatCount';
import { formatDate } from '../lib/formatDate';
import { formatDuration } from '../lib/formatDuration';
import { formatWhen } from '../lib/formatWhen';
import { isFiltered } from '../lib/isFiltered';
import { limitOf } from '../lib/limitOf';
import { FILTERS, parseFilter } from '../lib/parseFilter';
import { queryOf } from '../lib/queryOf';
import { visibleText } from '../lib/visibleText';
import { withParams } from '../lib/withParams';
import { writeFilter } from '../lib/writeFilter';
import { Choice } from '../parts/Choice';
import { CompareButton } from '../parts/CompareButton';
import { ExportButton } from '../parts/ExportButton';
import { Histogram } from '../parts/Histogram';
import { More } from '../parts/More';
import { None } from '../parts/None';
import { Problem } from '../parts/Problem';
import { SearchField } from '../parts/SearchField';
import { Table } from '../parts/Table';
import { Welcome } from '../parts/Welcome';
import { go } from '../state/go';
import { link } from '../state/link';
import { status } from '../state/status';
import { traceLink } from '../state/traceLink';
import { useAnswer } from '../state/useAnswer';
import type { Column } from '../types/Column';

const PARAMS = [...FILTERS, 'start', 'end'];

/** How many traces are listed at first, and how many more each time. */
const PAGE = 100;

/** The list of traces, live, with what it is filtered by. */
export function Traces() {
  const { params } = link.value;
  const limit = limitOf(params, PAGE);
  const key = params.toString();
  const follow = !params.get('end');
  const { data, error, loading } = useAnswer<TracesAnswer>(
    () =>
      `/api/traces${queryOf(link.value, [...PARAMS, 'sort'], Date.now(), { limit })}`,
    `traces ${key}`,
    follow,
  );
  const histogram = useAnswer<TraceHistogram>(
    () =>
      `/api/traces/histogram${queryOf(link.value, PARAMS, Date.now(), { buckets: 120 })}`,
    `histogram ${key}`,
    follow,
  );
  const set = (changes: Record<string, string | string[] | undefined>) =>
    go(withParams(link.value, { limit: undefined, ...changes }), true);
  const errors = params.get('error') === 'true';
  // Not for the answer to the filter before: the field that is typed into would go away.
  if (data?.items.length === 0 && !loading && !isFiltered(params, FILTERS))
    return <Welcome />;
  const longest =
    data?.items.reduce((max, { duration }) => Math.max(max, duration), 1) ?? 1;
  const now = Date.now();
  const dated = data?.items.some(
    ({ startTime }) => formatDate(startTime, now) !== 'today',
  );
  return (
    <>
      <div class="bar">
        <SearchField
          value={writeFilter(params)}
          placeholder="Filter:  send  service:relay  >10ms  error  http.route=/messages      /"
          label="Filter"
          onInput={(text) => set(parseFilter(text))}
        />
        <Choice
          name="service"
          label="Service"
          options={status.value?.services ?? []}
        />
        <Choice
          name="command"
          label="Command"
          options={status.value?.commands ?? []}
        />
        <Choice
          name="window"
          label="Window"
          options={status.value?.windows ?? []}
        />
        <button
          class="button framed"
          aria-pressed={errors}
          onClick={() => set({ error: errors ? undefined : 'true' })}
        >
          Errors
        </button>
        <button
          class="button framed"
          aria-pressed={params.get('sort') === 'slowest'}
          onClick={() =>
            set({
              sort: params.get('sort') === 'slowest' ? undefined : 'slowest',
            })
          }
        >
          Slowest first
        </button>
        <CompareButton />
        <ExportButton
          query={() =>
            queryOf(link.value, PARAMS, Date.now(), { signal: 'traces' })
          }
          name="traces"
        />
      </div>
      <Problem text={error ?? histogram.error} />
      {histogram.data && <Histogram data={histogram.data} />}
      <div class="scroll">
        {data && (
          <Table
            label="Traces"
            columns={columns(longest, dated ? '200px' : '124px', now)}
            rows={data.items}
            keyOf={({ traceId }) => traceId}
            linkOf={({ traceId }) => traceLink(traceId)}
            marksNew={follow}
          />
        )}
        {data?.items.length === 0 && !loading && (
          <None noun="trace" filters={FILTERS} />
        )}
        <More list={data} page={PAGE} />
      </div>
    </>
  );
}

function columns(
  longest: number,
  time: string,
  now: number,
): Column<TraceSummary>[] {
  return [
    {
      title: 'Time',
      width: time,
      cell: ({ startTime }) => (
        <span class="mono muted">{formatWhen(startTime, now)}</span>
      ),
    },
    {
      title: 'Trace',
      names: true,
      cell: ({ name, commands, hasRoot, service }) => (
        <span class="clip">
          <span class="name">{visibleText(name)}</span>{' '}
          {!hasRoot && <span class="chip">root missing</span>}{' '}
          <span class="muted">
            {visibleText(
              commands.filter((command) => command !== name).join(', ') ||
                service,
            )}
          </span>
        </span>
      ),
    },
    {
      title: 'Services',
      width: '260px',
      cell: ({ services }) => (
        <span class="clip muted" title={services.join(', ')}>
          {visibleText(services.join(' · '))}
        </span>
      ),
    },
    {
      title: 'Window',
      width: '90px',
      cell: ({ windows }) => (
        <span class="clip muted">{visibleText(windows.join(', '))}</span>
      ),
    },
    {
      title: 'Spans',
      number: true,
      width: '76px',
      cell: ({ spans }) => <span class="muted">{formatCount(spans)}</span>,
    },
    {
      title: 'Errors',
      number: true,
      width: '70px',
      cell: ({ errors }) =>
        errors > 0 ? <span class="chip error">{formatCount(errors)}</span> : '',
    },
    {
      title: 'Duration',
      number: true,
      width: '200px',
      cell: ({ duration, errors }) => (
        <span class="duration">
          <i
            class={errors > 0 ? 'error' : ''}
            style={{ width: `${barWidth(duration, longest)}px` }}
          />
          <span>{formatDuration(duration)}</span>
        </span>
      ),
    },
  ];
}
