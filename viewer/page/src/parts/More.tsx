import type { Pagination } from '../bindings/Pagination';
import { formatCount } from '../lib/formatCount';
import { limitOf, MOST } from '../lib/limitOf';
import { withParams } from '../lib/withParams';
import { go } from '../state/go';
import { link } from '../state/link';

interface Props {
  /** The list as the API gave it last; `undefined` before it has answered. */
  readonly list:
    | { readonly items: readonly unknown[]; readonly pagination: Pagination }
    | undefined;
  /** How many rows are listed at first, and how many more each time. */
  readonly page: number;
}

/** The end of a list that has more rows than are shown. */
export function More({ list, page }: Props) {
  if (!list?.pagination.hasMore) return null;
  return (
    <div class="bar">
      {list.items.length < MOST ? (
        <button
          class="button framed"
          onClick={() => {
            const limit = String(limitOf(link.value.params, page) + page);
            go(withParams(link.value, { limit }), true);
          }}
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
