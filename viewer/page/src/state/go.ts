import { writeLink } from '../lib/writeLink';
import type { Link } from '../types/Link';
import { link } from './link';

/** Shows a link. `replace` for what the back button should not stop at, such as each span that the selection passes. */
export function go(to: Link, replace = false): void {
  const url = writeLink(to);
  if (replace) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
  link.value = to;
}
