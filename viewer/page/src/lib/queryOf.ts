import type { Link } from '../types/Link';
import { parseDuration } from './parseDuration';

/** The query of an API route with those parameters of the link that the route knows. `last` becomes `start`. */
export function queryOf(
  link: Link,
  names: readonly string[],
  now: number,
  more: Record<string, string | number> = {},
): string {
  const query = new URLSearchParams();
  for (const name of ['run', ...names])
    for (const value of link.params.getAll(name)) query.append(name, value);
  const last = parseDuration(link.params.get('last') ?? '');
  if (last !== undefined && names.includes('start'))
    query.set('start', String(Math.floor(now - last / 1e6)));
  for (const [name, value] of Object.entries(more))
    query.set(name, String(value));
  const text = query.toString();
  return text && `?${text}`;
}
