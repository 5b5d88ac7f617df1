import type { ErrorGroup } from '../bindings/ErrorGroup';
import type { ErrorsAnswer } from '../bindings/ErrorsAnswer';
import { formatCount } from '../lib/formatCount';
import { formatDate } from '../lib/formatDate';
import { formatTime } from '../lib/formatTime';
import { limitOf } from '../lib/limitOf';
import { queryOf } from '../lib/queryOf';
import { visibleText } from '../lib/visibleText';
import { withParams } from '../lib/withParams';
import { Ago } from '../parts/Ago';
import { Choice } from '../parts/Choice';
import { More } from '../parts/More';
import { None } from '../parts/None';
import { Problem } from '../parts/Problem';
import { SearchField } from '../parts/SearchField';
import { Table } from '../parts/Table';
import { go } from '../state/go';
import { link } from '../state/link';
import { status } from '../state/status';
import { traceLink } from '../state/traceLink';
import { useAnswer } from '../state/useAnswer';
import type { Column } from '../types/Column';

const PARAMS = ['service', 'search', 'start', 'end'];

/** How many groups are listed at first, and how many more each time. */
const PAGE = 200;

/** Errors by type and place, the most recent first; a row opens its newest example. */
export function Errors() {
  const { params } = link.value;
  const { data, error } = useAnswer<ErrorsAnswer>(
    () =>
      `/api/errors${queryOf(link.value, PARAMS, Date.now(), { limit: limitOf(params, PAGE) })}`,
    `errors ${params}`,
    !params.get('end'),
  );
  return (
    <>
      <div class="bar">
        <SearchField
          value={params.get('search') ?? ''}
          placeholder="Find an error      /"
          label="Find an error"
          onInput={(text) =>
            go(withParams(link.value, { search: text, limit: undefined }), true)
          }
        />
        <Choice
          name="service"
          label="Service"
          options={status.value?.services ?? []}
        />
      </div>
      <Problem text={error} />
      <div class="scroll">
        {data && data.items.length > 0 && (
          <Table
            label="Errors"
            columns={COLUMNS}
            rows={data.items}
            keyOf={({ errorType, place, service }) =>
              `${errorType}\n${place}\n${service}`
            }
            linkOf={({ example: { traceId, spanId } }) =>
              traceId ? traceLink(traceId, spanId) : undefined
            }
          />
        )}
        {data?.items.length === 0 && (
          <None noun="error" filters={PARAMS}>
            <p>
              Spans that failed and log records of errors appear here in groups.
            </p>
          </None>
        )}
        <More list={data} page={PAGE} />
      </div>
    </>
  );
}

const COLUMNS: Column<ErrorGroup>[] = [
  {
    title: 'Error',
    width: '190px',
    sort: ({ errorType }) => errorType,
    cell: ({ errorType }) => (
      <span class="chip error">{visibleText(errorType)}</span>
    ),
  },
  {
    title: 'Where',
    names: true,
    width: '220px',
    sort: ({ place }) => place,
    cell: ({ place, service }) => (
      <span class="clip">
        <span class="name">{visibleText(place)}</span>{' '}
        <span class="muted">{visibleText(service)}</span>
      </span>
    ),
  },
  {
    title: 'Newest',
    cell: ({ example: { message, stack } }) => (
      <span>
        {message ? visibleText(message) : <span class="muted">no message</span>}
        {stack && (
          <details onClick={(event) => event.stopPropagation()}>
            <summary>stack</summary>
            <pre class="mono stack">{visibleText(stack)}</pre>
          </details>
        )}
      </span>
    ),
  },
  {
    title: 'Count',
    number: true,
    width: '80px',
    sort: ({ count }) => count,
    cell: ({ count }) => formatCount(count),
  },
  {
    title: 'Since',
    number: true,
    width: '150px',
    sort: ({ firstSeen }) => firstSeen,
    cell: ({ firstSeen }) => (
      <span class="muted">
        {formatDate(firstSeen, Date.now())} {formatTime(firstSeen, 0)}
      </span>
    ),
  },
  {
    title: 'Last',
    number: true,
    width: '110px',
    sort: ({ lastSeen }) => lastSeen,
    cell: ({ lastSeen }) => <Ago time={lastSeen} />,
  },
];
