import type { StartInvoke } from './lib/createInvokeSpans.js';
import { now } from './lib/now.js';
import { readCommand } from './lib/readCommand.js';
import { LEAVING } from './lib/times.js';
import { toPlainHeaders } from './lib/toPlainHeaders.js';

/**
 * Gives every invoke a CLIENT span, by way of `window.fetch`: tauri's `ipc-protocol.js` calls it for
 * each, while all that lies between (`__TAURI_INTERNALS__`) is non-writable. Anything else that is
 * fetched passes through after a look at its URL.
 *
 * Another wrapper may sit between tauri and this one. It may turn the URL into a `Request`, call this
 * function more than once, or return something that is no response. Every call with a URL of the IPC
 * counts as an invoke.
 */
export function wrapFetch(
  window: { fetch: typeof fetch },
  startInvoke: StartInvoke,
  contextInUrl?: boolean,
): void {
  const native = window.fetch;
  // Looked up now, because what a page has put in its place could read the headers of tauri.
  const { apply } = Reflect;

  // As a method, because that is what keeps the function's name through the minifier.
  window.fetch = {
    fetch(this: unknown, input: RequestInfo | URL, init?: RequestInit) {
      const command = readCommand(input);
      const headers = command && headersOf(input, init);
      if (!headers) return apply(native, this, [input, init]);

      const end = startInvoke(command, headers);
      const fail = (error: unknown) => {
        const name = (error as Error | null)?.name || 'error';
        const endTime = now();
        setTimeout(() => end(name, endTime), LEAVING);
      };
      let answer: Promise<Response>;
      try {
        const url = contextInUrl ? withContext(input, headers) : input;
        answer = apply(native, this, [url, { ...init, headers }]);
      } catch (error) {
        fail(error);
        throw error;
      }
      // Beside the promise, which the caller gets as it is; both outcomes are handled, so this one
      // never rejects.
      void Promise.resolve(answer).then(
        (response) => end(failureOf(response)),
        fail,
      );
      return answer;
    },
  }.fetch;
}

/**
 * The URL of an invoke, with its `traceparent` in the query. Tauri ignores the query, and under the
 * isolation pattern it is all that the plugin sees of the request.
 */
function withContext(
  input: RequestInfo | URL,
  headers: Record<string, string>,
): RequestInfo | URL {
  const parent = headers['traceparent'];
  return parent && typeof input === 'string'
    ? `${input}?traceparent=${parent}`
    : input;
}

/** The headers of a request, or `undefined` for some that `fetch` will refuse. */
function headersOf(
  input: RequestInfo | URL,
  init: RequestInit | undefined,
): Record<string, string> | undefined {
  try {
    return toPlainHeaders(init?.headers ?? (input as Partial<Request>).headers);
  } catch {
    return undefined;
  }
}

/** The `error.type` of an answer, or `undefined` if it is a success. */
function failureOf(response: Response): string | undefined {
  try {
    const outcome = response.headers.get('tauri-response');
    return outcome === 'ok' ? undefined : (outcome ?? String(response.status));
  } catch {
    // Not a response: what a test has put in its place.
    return undefined;
  }
}
