import { useMemo, useRef, useState } from 'preact/hooks';
import { clamp } from '../lib/clamp';
import { go } from '../state/go';
import { useShortcuts } from '../state/useShortcuts';
import type { Column } from '../types/Column';
import type { Link } from '../types/Link';
import { ViewLink } from './ViewLink';

/** How long a new row is marked, in milliseconds; as long as it takes to fade. */
const FRESH = 1600;

interface Props<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** What a row opens, if anything. */
  readonly linkOf: (row: Row) => Link | undefined;
  /** Marks rows that were not there before. */
  readonly marksNew?: boolean;
}

/** A table that is walked through with j and k, which move the focus; Enter or a click opens a row. */
export function Table<Row>(props: Props<Row>) {
  const { label, columns, keyOf, linkOf, marksNew } = props;
  const [sort, setSort] = useState<[number, 1 | -1] | undefined>(undefined);
  const body = useRef<HTMLTableSectionElement>(null);
  const rows = sorted(props, sort);
  /** When each row came; those that were there from the beginning at 0. */
  const since = useRef(new Map<string, number>());
  useMemo(() => {
    const now = since.current.size > 0 ? Date.now() : 0;
    since.current = new Map(
      props.rows.map((row) => {
        const key = keyOf(row);
        return [key, since.current.get(key) ?? now];
      }),
    );
  }, [props.rows]);
  const fresh = (key: string) =>
    marksNew && Date.now() - (since.current.get(key) ?? 0) < FRESH;

  const move = (by: number) => {
    const links = [
      ...(body.current?.querySelectorAll<HTMLElement>('.row-link') ?? []),
    ];
    const row = document.activeElement?.closest('tr');
    const at = links.findIndex((link) => link.closest('tr') === row);
    links[clamp(at + by, 0, links.length - 1)]?.focus();
  };
  useShortcuts([
    { key: 'j', does: 'next row; ⏎ opens it', run: () => move(1) },
    { key: 'k', does: 'row before', run: () => move(-1) },
    { key: 'ArrowDown', shown: '↓', does: 'next row', run: () => move(1) },
    { key: 'ArrowUp', shown: '↑', does: 'row before', run: () => move(-1) },
  ]);

  return (
    <table aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ title, number, sort: by, width }, index) => (
            <th
              key={title}
              class={number ? 'number' : ''}
              style={width ? { width } : {}}
              aria-sort={
                sort?.[0] === index
                  ? sort[1] > 0
                    ? 'ascending'
                    : 'descending'
                  : undefined
              }
            >
              {by ? (
                <button
                  onClick={() =>
                    setSort(
                      sort?.[0] === index
                        ? sort[1] < 0
                          ? [index, 1]
                          : undefined
                        : [index, -1],
                    )
                  }
                >
                  {title}
                  {sort?.[0] === index ? (sort[1] < 0 ? ' ↓' : ' ↑') : ''}
                </button>
              ) : (
                title
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        {rows.map((row) => {
          const key = keyOf(row);
          const to = linkOf(row);
          return (
            <tr
              key={key}
              class={fresh(key) ? 'fresh' : ''}
              data-key={key}
              onClick={(event) => {
                // A link in a cell goes its own way.
                if (to && !(event.target as Element).closest('a, button'))
                  go(to);
              }}
            >
              {columns.map(({ title, number, names, cell }) => (
                <td key={title} class={number ? 'number' : ''}>
                  {names && to ? (
                    <ViewLink class="row-link" to={to}>
                      {cell(row)}
                    </ViewLink>
                  ) : (
                    cell(row)
                  )}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function sorted<Row>(
  { rows, columns }: Props<Row>,
  sort: [number, 1 | -1] | undefined,
): readonly Row[] {
  const by = sort && columns[sort[0]]?.sort;
  if (!by) return rows;
  return [...rows].sort((a, b) => {
    const [left, right] = [by(a), by(b)];
    return left < right ? -sort[1] : left > right ? sort[1] : 0;
  });
}
