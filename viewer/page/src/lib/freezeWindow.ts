import type { Link } from '../types/Link';
import { parseDuration } from './parseDuration';
import { withParams } from './withParams';

/** The link with `last` replaced by the `start` and `end` that it means now: what is copied keeps its time window. */
export function freezeWindow(link: Link, now: number): Link {
  const last = parseDuration(link.params.get('last') ?? '');
  if (last === undefined) return link;
  return withParams(link, {
    last: undefined,
    start: String(Math.floor(now - last / 1e6)),
    end: String(Math.ceil(now)),
  });
}
