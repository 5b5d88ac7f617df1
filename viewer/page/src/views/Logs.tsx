import { useState } from 'preact/hooks';
import type { LogPattern } from '../bindings/LogPattern';
import type { LogPatternsAnswer } from '../bindings/LogPatternsAnswer';
import type { LogRecord } from '../bindings/LogRecord';
import type { LogsAnswer } from '../bindings/LogsAnswer';
import { formatCount } from '../lib/formatCount';
import { formatWhen } from '../lib/formatWhen';
import { limitOf } from '../lib/limitOf';
import { plural } from '../lib/plural';
import { queryOf } from '../lib/queryOf';
import { visibleText } from '../lib/visibleText';
import { withParams } from '../lib/withParams';
import { AttributeList } from '../parts/AttributeList';
import { Choice } from '../parts/Choice';
import { ExportButton } from '../parts/ExportButton';
import { LogLine } from '../parts/LogLine';
import { Marked } from '../parts/Marked';
import { More } from '../parts/More';
import { None } from '../parts/None';
import { Problem } from '../parts/Problem';
import { SearchField } from '../parts/SearchField';
import { Table } from '../parts/Table';
import { ViewLink } from '../parts/ViewLink';
import { go } from '../state/go';
import { link } from '../state/link';
import { status } from '../state/status';
import { traceLink } from '../state/traceLink';
import { useAnswer } from '../state/useAnswer';
import { useShortcuts } from '../state/useShortcuts';
import type { Column } from '../types/Column';

const PARAMS = [
  'search',
  'severity',
  'service',
  'traceId',
  'attribute',
  'start',
  'end',
];
const SEVERITIES = ['debug', 'info', 'warn', 'error', 'fatal'];

/** How many records are listed at first, and how many more each time. */
const PAGE = 200;

/** Log records, the newest first, live; or what they have in common. */
export function Logs() {
  const { params } = link.value;
  const patterns = params.get('patterns') === '1';
  const toggle = () =>
    go(withParams(link.value, { patterns: patterns ? undefined : '1' }), true);
  useShortcuts([{ key: 'p', does: 'patterns or records', run: toggle }]);
  return (
    <>
      <div class="bar">
        <SearchField
          value={params.get('search') ?? ''}
          placeholder="Search the bodies      /"
          label="Search the bodies"
          onInput={(text) =>
            go(withParams(link.value, { search: text, limit: undefined }), true)
          }
        />
        <Choice name="severity" label="Severity" options={SEVERITIES} />
        <Choice
          name="service"
          label="Service"
          options={status.value?.services ?? []}
        />
        <button
          class="button framed"
          aria-pressed={patterns}
          onClick={toggle}
          title="What records have in common (p)"
        >
          Patterns
        </button>
        <ExportButton
          query={() =>
            queryOf(link.value, PARAMS, Date.now(), { signal: 'logs' })
          }
          name="logs"
        />
      </div>
      {patterns ? <Patterns /> : <Records />}
    </>
  );
}

function Records() {
  const { params } = link.value;
  const [open, setOpen] = useState(-1);
  const limit = limitOf(params, PAGE);
  const { data, error } = useAnswer<LogsAnswer>(
    () => `/api/logs${queryOf(link.value, PARAMS, Date.now(), { limit })}`,
    `logs ${params}`,
    !params.get('end'),
  );
  const words = (params.get('search') ?? '').split(/\s+/).filter(Boolean);
  return (
    <>
      <Problem text={error} />
      <div class="scroll">
        <div class="logs log-list" role="log" aria-label="Log records">
          {data?.items.map((log) => (
            <div key={log.id}>
              <LogLine
                log={log}
                when={formatWhen(log.time, Date.now())}
                current={log.id === open}
                onClick={() => setOpen(log.id === open ? -1 : log.id)}
              >
                <span class="service clip">{visibleText(log.service)}</span>
                <span>
                  {log.eventName && (
                    <span class="chip">{visibleText(log.eventName)}</span>
                  )}{' '}
                  <Marked text={log.body} words={words} />
                </span>
                <span class="muted">{log.traceId ? 'trace' : ''}</span>
              </LogLine>
              {log.id === open && <Opened log={log} />}
            </div>
          ))}
        </div>
        {data?.items.length === 0 && <NoRecords />}
        <More list={data} page={PAGE} />
      </div>
    </>
  );
}

function NoRecords() {
  return (
    <None noun="log record" filters={PARAMS}>
      <p>Records of every service appear here as they arrive.</p>
    </None>
  );
}

function Opened({ log }: { log: LogRecord }) {
  const attributes = { scope: log.scope, ...log.attributes };
  return (
    <div class="opened">
      {log.traceId && (
        <ViewLink class="chip accent" to={traceLink(log.traceId, log.spanId)}>
          Open its trace →
        </ViewLink>
      )}
      <AttributeList attributes={attributes} />
    </div>
  );
}

function Patterns() {
  const { params } = link.value;
  const { data, error } = useAnswer<LogPatternsAnswer>(
    () => `/api/logs/patterns${queryOf(link.value, PARAMS, Date.now())}`,
    `patterns ${params}`,
    !params.get('end'),
  );
  return (
    <>
      <Problem text={error} />
      <div class="scroll">
        {data?.items.length === 0 && <NoRecords />}
        {data && data.items.length > 0 && (
          <Table
            label={`Patterns of ${plural(data.records, 'record')}`}
            columns={COLUMNS}
            rows={data.items}
            keyOf={({ service, pattern }) => `${service} ${pattern}`}
            linkOf={({ pattern }) =>
              withParams(link.value, {
                patterns: undefined,
                search: pattern
                  .replaceAll('<*>', ' ')
                  .replace(/[^\p{L}\p{N}\s_]+/gu, ' ')
                  .trim(),
              })
            }
          />
        )}
      </div>
    </>
  );
}

const COLUMNS: Column<LogPattern>[] = [
  {
    title: 'Records',
    number: true,
    width: '90px',
    sort: ({ count }) => count,
    cell: ({ count }) => formatCount(count),
  },
  {
    title: 'Severity',
    width: '90px',
    cell: ({ severity }) => (
      <span class="severity mono" data-severity={severity}>
        {severity}
      </span>
    ),
  },
  {
    title: 'Service',
    width: '130px',
    cell: ({ service }) => <span class="muted">{visibleText(service)}</span>,
  },
  {
    title: 'Pattern',
    names: true,
    cell: ({ pattern }) => (
      <span class="mono">
        {pattern
          .split('<*>')
          .flatMap((piece, index) =>
            index
              ? [<i key={index} class="hole" />, visibleText(piece)]
              : [visibleText(piece)],
          )}
      </span>
    ),
  },
  {
    title: 'Newest',
    number: true,
    width: '200px',
    cell: ({ example }) => (
      <span class="mono muted">{formatWhen(example.time, Date.now())}</span>
    ),
  },
];
