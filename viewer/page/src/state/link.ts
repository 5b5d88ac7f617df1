import { signal } from '@preact/signals';
import { parseLink } from '../lib/parseLink';
import { tokenOf } from '../lib/tokenOf';

/** What the page shows; follows the fragment of the URL. */
export const link = signal(parseLink(location.hash));

addEventListener('hashchange', () => {
  // A link of a viewer that was started again: what was refused without its token is asked for anew.
  if (tokenOf(location.hash)) location.reload();
  else link.value = parseLink(location.hash);
});
