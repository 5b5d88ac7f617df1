import { writeLink } from '../lib/writeLink';
import type { Link } from '../types/Link';
import { link } from './link';

/** The least time between two replacements of the URL in milliseconds: WebKit refuses the 101st change of the history within 30 seconds. */
const PAUSE = 400;

/** The URL that is still to be written, and the fragment that it replaces. */
let waiting: { url: string; from: string } | undefined;
let timer = 0;
/** When a URL was replaced last. */
let replaced = 0;

/** Shows a link. `replace` for what the back button should not stop at, such as each span that the selection passes. */
export function go(to: Link, replace = false): void {
  link.value = to;
  const url = writeLink(to);
  // The URL that is there already is no step of its own, as where a link is clicked twice.
  if (replace || url === location.hash) {
    waiting = { url, from: location.hash };
    clearTimeout(timer);
    timer = window.setTimeout(write, replaced + PAUSE - performance.now());
  } else {
    write();
    history.pushState(null, '', url);
  }
}

/** Writes the URL that waits, unless another one was opened meanwhile. */
function write(): void {
  if (waiting?.from === location.hash) {
    history.replaceState(null, '', waiting.url);
    replaced = performance.now();
  }
  waiting = undefined;
}
