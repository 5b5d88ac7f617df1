import { signal } from '@preact/signals';
import { parseLink } from '../lib/parseLink';

/** What the page shows; follows the fragment of the URL. */
export const link = signal(parseLink(location.hash));

addEventListener('hashchange', () => {
  link.value = parseLink(location.hash);
});
