import type { ApiError } from '../bindings/ApiError';

/** Asks the viewer. Throws an `Error` whose message says what is wrong and what to do. */
export async function request<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(path, init).catch(() => {
    throw new Error('The viewer does not answer. Is it still running?');
  });
  if (response.ok)
    return (response.status === 204 ? undefined : await response.json()) as T;
  if (response.status === 401)
    throw new Error(
      'This page has no valid token. Open the link that tracepane printed when it started.',
    );
  const said = await response
    .json()
    .then((body: ApiError) => body.error)
    .catch(() => undefined);
  throw new Error(said ?? `The viewer answered ${response.status} to ${path}.`);
}
