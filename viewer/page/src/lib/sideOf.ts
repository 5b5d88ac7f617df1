import type { Link } from '../types/Link';
import { queryOf } from './queryOf';

/** What a side of a comparison can be narrowed by: what tells operations apart, and a stretch of time. */
const SIDE = ['service', 'command', 'window', 'search', 'start', 'end'];

/** What the link shows, as a side of a comparison: a run, and filters. `last` becomes the stretch of time that it is now. */
export function sideOf(link: Link, now: number): URLSearchParams {
  return new URLSearchParams(queryOf(link, SIDE, now));
}
