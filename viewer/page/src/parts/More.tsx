import type { Pagination } from '../bindings/Pagination';
import { formatCount } from '../lib/formatCount';
import { limitOf, MOST } from '../lib/limitOf';
import { withParams } from '../lib/withParams';
import { go } from '../state/go';
import { link } from '../state/link';

interface Props {
  /** What the API says about the list; `undefined` before it has answered. */
  readonly pagination: Pagination | undefined;
  /** How many rows are listed at first, and how many more each time. */
  readonly page: number;
}

/** The end of a list that has more rows than are shown. */
export function More({ pagination, page }: Props) {
  if (!pagination?.hasMore) return null;
  const limit = limitOf(link.value.params, page);
  return (
    <div class="bar">
      {limit < MOST ? (
        <button
          class="button framed"
          onClick={() =>
            go(withParams(link.value, { limit: String(limit + page) }), true)
          }
        >
          More
        </button>
      ) : (
        <span class="muted">
          There are more than {formatCount(MOST)}. Filter the list to see the
          others.
        </span>
      )}
    </div>
  );
}
