import type { CommandRow } from '../bindings/CommandRow';
import type { CommandsAnswer } from '../bindings/CommandsAnswer';
import { barWidth } from '../lib/barWidth';
import { formatBytes } from '../lib/formatBytes';
import { formatCount } from '../lib/formatCount';
import { formatDuration } from '../lib/formatDuration';
import { formatPercent } from '../lib/formatPercent';
import { formatRate } from '../lib/formatRate';
import { linkTo } from '../lib/linkTo';
import { queryOf } from '../lib/queryOf';
import { sparkline } from '../lib/sparkline';
import { visibleText } from '../lib/visibleText';
import { windowParams } from '../lib/windowParams';
import { Choice } from '../parts/Choice';
import { None } from '../parts/None';
import { Problem } from '../parts/Problem';
import { SearchField } from '../parts/SearchField';
import { Table } from '../parts/Table';
import { ViewLink } from '../parts/ViewLink';
import { withParams } from '../lib/withParams';
import { go } from '../state/go';
import { link } from '../state/link';
import { status } from '../state/status';
import { traceLink } from '../state/traceLink';
import { useAnswer } from '../state/useAnswer';
import type { Column } from '../types/Column';

const PARAMS = ['service', 'command', 'start', 'end'];
const SPARK = [120, 22] as const;

/** The commands of the app: how often, how fast, how reliable. */
export function Commands() {
  const { params } = link.value;
  const { data, error } = useAnswer<CommandsAnswer>(
    () => `/api/commands${queryOf(link.value, PARAMS, Date.now())}`,
    `commands ${params}`,
    !params.get('end'),
  );
  const search = params.get('search') ?? '';
  const rows = (data?.items ?? []).filter(({ command }) =>
    command.toLowerCase().includes(search.toLowerCase()),
  );
  const slowest = rows.reduce((max, { p95 }) => Math.max(max, p95), 1);
  return (
    <>
      <div class="bar">
        <SearchField
          value={search}
          placeholder="Find a command      /"
          label="Find a command"
          onInput={(text) => go(withParams(link.value, { search: text }), true)}
        />
        <Choice
          name="service"
          label="Service"
          options={status.value?.services ?? []}
        />
      </div>
      <Problem text={error} />
      <div class="scroll">
        {data && rows.length > 0 && (
          <Table
            label="Commands"
            columns={columns(slowest)}
            rows={rows}
            keyOf={({ service, command }) => `${service} ${command}`}
            linkOf={({ command, service }) =>
              linkTo('traces', {
                ...windowParams(params),
                service,
                command,
                sort: 'slowest',
              })
            }
          />
        )}
        {data && rows.length === 0 && (
          <None noun="command" filters={[...PARAMS, 'search']}>
            <p>Invokes of the page appear here with their durations.</p>
          </None>
        )}
      </div>
    </>
  );
}

function columns(slowest: number): Column<CommandRow>[] {
  const time = (
    title: string,
    of: (row: CommandRow) => number,
  ): Column<CommandRow> => ({
    title,
    number: true,
    width: '88px',
    sort: of,
    cell: (row) => formatDuration(of(row)),
  });
  return [
    {
      title: 'Command',
      names: true,
      sort: ({ command }) => command,
      cell: ({ command, service }) => (
        <span class="clip">
          <span class="name">{visibleText(command)}</span>{' '}
          <span class="muted">{visibleText(service)}</span>
        </span>
      ),
    },
    {
      title: 'Calls over time',
      width: '140px',
      cell: ({ sparkline: values }) => (
        <svg
          class="spark"
          width={SPARK[0]}
          height={SPARK[1]}
          aria-hidden="true"
        >
          <path d={sparkline(values, ...SPARK)} />
        </svg>
      ),
    },
    {
      title: 'Calls',
      number: true,
      width: '72px',
      sort: ({ calls }) => calls,
      cell: ({ calls }) => formatCount(calls),
    },
    {
      title: 'Rate',
      number: true,
      width: '84px',
      sort: ({ rate }) => rate,
      cell: ({ rate }) => <span class="muted">{formatRate(rate)}</span>,
    },
    time('p50', ({ p50 }) => p50),
    {
      title: 'p95',
      number: true,
      width: '186px',
      sort: ({ p95 }) => p95,
      cell: ({ p95 }) => (
        <span class="duration">
          <i style={{ width: `${barWidth(p95, slowest)}px` }} />
          <span>{formatDuration(p95)}</span>
        </span>
      ),
    },
    time('p99', ({ p99 }) => p99),
    {
      title: 'Errors',
      number: true,
      width: '92px',
      sort: ({ errors, calls }) => errors / calls,
      cell: ({ errors, calls }) =>
        errors > 0 ? (
          <span class="chip error" title={`${errors} of ${calls}`}>
            {formatPercent(errors / calls)}
          </span>
        ) : (
          <span class="muted">–</span>
        ),
    },
    {
      title: 'Bytes in / out',
      number: true,
      width: '140px',
      sort: ({ requestBytes = 0, responseBytes = 0 }) =>
        requestBytes + responseBytes,
      cell: ({ requestBytes, responseBytes }) => (
        <span class="muted">
          {requestBytes === undefined ? '–' : formatBytes(requestBytes)} /{' '}
          {responseBytes === undefined ? '–' : formatBytes(responseBytes)}
        </span>
      ),
    },
    {
      title: 'Slowest',
      number: true,
      width: '104px',
      sort: ({ max }) => max,
      cell: ({ max, slowestTraceId, slowestSpanId }) =>
        slowestTraceId ? (
          <ViewLink
            class="chip accent"
            title="Open the slowest call"
            to={traceLink(slowestTraceId, slowestSpanId)}
          >
            {formatDuration(max)} →
          </ViewLink>
        ) : (
          formatDuration(max)
        ),
    },
  ];
}
