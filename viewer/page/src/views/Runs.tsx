import type { Comparison } from '../bindings/Comparison';
import type { ComparedSide } from '../bindings/ComparedSide';
import type { ComparisonRow } from '../bindings/ComparisonRow';
import type { Run } from '../bindings/Run';
import { request } from '../api/request';
import { describeSide } from '../lib/describeSide';
import { formatBytes } from '../lib/formatBytes';
import { formatCount } from '../lib/formatCount';
import { formatDate } from '../lib/formatDate';
import { formatDuration } from '../lib/formatDuration';
import { formatPercent } from '../lib/formatPercent';
import { formatTime } from '../lib/formatTime';
import { linkTo } from '../lib/linkTo';
import { visibleText } from '../lib/visibleText';
import { withParams } from '../lib/withParams';
import { Problem } from '../parts/Problem';
import { Table } from '../parts/Table';
import { go } from '../state/go';
import { link } from '../state/link';
import { arrivals } from '../state/live';
import { message } from '../state/message';
import { status } from '../state/status';
import { useAnswer } from '../state/useAnswer';
import type { Column } from '../types/Column';

/** All runs, and two of them side by side. */
export function Runs() {
  const { params } = link.value;
  const { data, error } = useAnswer<Run[]>(() => '/api/runs', 'runs', true);
  const chosen =
    (params.get('a.run') && params.get('b.run')) ||
    params.get('compare') === '1';
  return (
    <div class="scroll">
      <Problem text={error} />
      <div class="bar">
        <h1>Runs</h1>
        <span class="muted">
          A run is what the viewer received from its start to its end. Choose A
          and B to compare.
        </span>
        <span class="grow" />
        <button
          class="button framed"
          onClick={mark}
          title="Compare what came before now with what comes next"
        >
          Mark now
        </button>
      </div>
      {data && (
        <Table
          label="Runs"
          columns={RUNS}
          rows={data}
          keyOf={({ id }) => id}
          linkOf={({ id, current }) =>
            linkTo('traces', { run: current ? undefined : id })
          }
        />
      )}
      {chosen && <Compare runs={data ?? []} />}
    </div>
  );
}

/** Compares what came before now with what comes next. */
function mark() {
  const now = String(Date.now());
  go(linkTo('runs', { 'a.end': now, 'b.start': now, compare: '1' }));
}

function Compare({ runs }: { runs: readonly Run[] }) {
  const { params } = link.value;
  const query = new URLSearchParams(
    [...params].filter(([name]) => /^[ab]\./.test(name)),
  );
  /** A side as the list of traces takes it. */
  const sideOf = (side: 'a' | 'b') =>
    Object.fromEntries(
      [...query]
        .filter(([name]) => name.startsWith(side))
        .map(([name, value]) => [name.slice(2), value]),
    );
  const { data, error } = useAnswer<Comparison>(
    () => `/api/compare?${query}`,
    `compare ${query}`,
    // A side without an end may still grow.
    !params.get('a.end') || !params.get('b.end'),
  );
  return (
    <>
      <Problem text={error} />
      {data && (
        <>
          <div class="bar">
            <h1>A and B by operation</h1>
            <span>{data.statement}</span>
          </div>
          <div class="bar sides">
            {(['a', 'b'] as const).map((side) => (
              <span key={side}>
                <span class="chip accent">{side.toUpperCase()}</span>{' '}
                <span class="muted">
                  {describeSide(sideOf(side), runs, Date.now())}
                </span>
              </span>
            ))}
          </div>
          <Table
            label="Comparison"
            columns={COMPARED}
            rows={data.items}
            keyOf={({ service, operation }) => `${service} ${operation}`}
            linkOf={({ operation, service, b }) =>
              linkTo('traces', {
                ...sideOf(b ? 'b' : 'a'),
                service,
                [status.value?.commands.includes(operation)
                  ? 'command'
                  : 'search']: operation,
                sort: 'slowest',
              })
            }
          />
        </>
      )}
    </>
  );
}

async function change(run: Run, what: Promise<unknown>): Promise<void> {
  try {
    await what;
  } catch (error) {
    message.value = `${run.name}: ${(error as Error).message}`;
  }
  // The list is asked for again as if something had arrived.
  arrivals.value += 1;
}

function Side({ run, side }: { run: Run; side: 'a' | 'b' }) {
  const name = `${side}.run`;
  const chosen = link.value.params.get(name) === run.id;
  return (
    <button
      class="button framed"
      aria-pressed={chosen}
      title={`Compare as ${side.toUpperCase()}`}
      onClick={() =>
        go(
          withParams(link.value, { [name]: chosen ? undefined : run.id }),
          true,
        )
      }
    >
      {side.toUpperCase()}
    </button>
  );
}

const RUNS: Column<Run>[] = [
  {
    title: 'Run',
    names: true,
    cell: ({ name, id, current }) => (
      <span class="clip">
        <span class="name">{visibleText(name || id)}</span>{' '}
        {current && <span class="chip accent">now</span>}
      </span>
    ),
  },
  {
    title: 'Began',
    width: '170px',
    sort: ({ startedAt }) => startedAt,
    cell: ({ startedAt }) =>
      `${formatDate(startedAt, Date.now())} ${formatTime(startedAt, 0)}`,
  },
  {
    title: 'Took',
    number: true,
    width: '110px',
    cell: ({ startedAt, endedAt }) =>
      endedAt === undefined ? (
        <span class="muted">goes on</span>
      ) : (
        formatDuration((endedAt - startedAt) * 1e6)
      ),
  },
  {
    title: 'Spans',
    number: true,
    width: '100px',
    sort: ({ spans }) => spans,
    cell: ({ spans }) => formatCount(spans),
  },
  {
    title: 'Size',
    number: true,
    width: '100px',
    sort: ({ bytes }) => bytes,
    cell: ({ bytes }) => formatBytes(bytes),
  },
  {
    title: 'Compare',
    width: '110px',
    cell: (run) => (
      <span class="pair">
        <Side run={run} side="a" />
        <Side run={run} side="b" />
      </span>
    ),
  },
  {
    title: 'Keep',
    width: '230px',
    cell: (run) => (
      <span class="pair">
        <button
          class="button framed"
          aria-pressed={run.pinned}
          title="A pinned run is never removed to make room"
          onClick={() =>
            void change(
              run,
              request(`/api/runs/${encodeURIComponent(run.id)}`, {
                method: 'POST',
                headers: { 'content-type': 'application/json' },
                body: JSON.stringify({ pinned: !run.pinned }),
              }),
            )
          }
        >
          {run.pinned ? 'Pinned' : 'Pin'}
        </button>
        <a
          class="button framed"
          href={`/api/export?run=${encodeURIComponent(run.id)}`}
          download={`${run.name || run.id}.jsonl`}
          title="The whole run as OTLP JSON lines"
        >
          Save
        </a>
        {!run.current && !run.pinned && (
          <button
            class="button"
            onClick={() =>
              void change(
                run,
                request(`/api/runs/${encodeURIComponent(run.id)}`, {
                  method: 'DELETE',
                }),
              )
            }
          >
            Delete
          </button>
        )}
      </span>
    ),
  },
];

const LOOKS: Record<ComparisonRow['change'], [string, string]> = {
  new: ['new', 'accent'],
  gone: ['gone', 'accent'],
  slower: ['slower', 'error'],
  faster: ['faster', 'better'],
  moreErrors: ['more errors', 'error'],
  fewerErrors: ['fewer errors', 'better'],
  same: ['same', ''],
};

const both = (
  title: string,
  of: (side: ComparedSide) => string,
): Column<ComparisonRow> => ({
  title,
  number: true,
  width: '150px',
  cell: ({ a, b }) => (
    <>
      <span class="muted">{a ? of(a) : '–'}</span> → {b ? of(b) : '–'}
    </>
  ),
});

const COMPARED: Column<ComparisonRow>[] = [
  {
    title: 'Operation',
    names: true,
    sort: ({ operation }) => operation,
    cell: ({ operation, service }) => (
      <span class="clip">
        <span class="name">{visibleText(operation)}</span>{' '}
        <span class="muted">{visibleText(service)}</span>
      </span>
    ),
  },
  {
    title: 'Change',
    width: '120px',
    cell: ({ change }) => (
      <span class={`chip ${LOOKS[change][1]}`}>{LOOKS[change][0]}</span>
    ),
  },
  both('p50', ({ p50 }) => formatDuration(p50)),
  both('p95', ({ p95 }) => formatDuration(p95)),
  both('Errors', ({ errors, calls }) =>
    formatPercent(calls > 0 ? errors / calls : 0),
  ),
  both('Calls', ({ calls }) => formatCount(calls)),
  {
    title: 'What it means',
    width: '300px',
    cell: ({ statement }) => <span class="muted">{statement}</span>,
  },
];
