import type { Link } from '../types/Link';

/** The fragment that `parseLink` reads as this link. */
export function writeLink({ view, id, params }: Link): string {
  const query = params.toString();
  return `#/${view}${id && `/${encodeURIComponent(id)}`}${query && `?${query}`}`;
}
