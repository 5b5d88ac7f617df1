import { parseLink } from '../lib/parseLink';
import { tokenOf } from '../lib/tokenOf';
import { writeLink } from '../lib/writeLink';
import { request } from './request';

/** Exchanges a token in the fragment for the cookie of the session, and takes the token out of the URL and the history. */
export async function openSession(): Promise<void> {
  const token = tokenOf(location.hash);
  if (!token) return;
  history.replaceState(null, '', writeLink(parseLink(location.hash)));
  await request('/api/session', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
}
