import type { SessionInfo } from '../../bindings/SessionInfo.js';

/** Asks the bridge what a page has to know to stand for the window. */
export async function fetchSession(
  url: string,
  token: string,
  window = 'main',
): Promise<SessionInfo> {
  const target = `${url}/session?window=${encodeURIComponent(window)}`;
  const response = await fetch(target, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) {
    throw new Error(`ws bridge: ${response.status}: ${await response.text()}`);
  }
  return (await response.json()) as SessionInfo;
}
