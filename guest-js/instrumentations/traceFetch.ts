import { findKernel } from '../api/findKernel.js';
import { doNothing } from './lib/doNothing.js';
import {
  readOrigins,
  startRequest,
  type TraceRequestOptions,
} from './lib/startRequest.js';
import { wrapMethod } from './lib/wrapMethod.js';
import type { Stop } from './types/stop.js';

/**
 * Makes a CLIENT span of every request over HTTP that the page makes by `fetch`, as a child of the active span. It ends
 * with the headers of the answer; an answer of 400 or above is a failure.
 *
 * URLs are recorded without their query. Which origins get a `traceparent` is up to `propagateTo`.
 *
 * @example
 * ```ts
 * import { traceFetch } from 'tauri-plugin-opentelemetry-api/instrumentations';
 *
 * traceFetch({ propagateTo: ['https://api.example.com'] });
 * ```
 */
export function traceFetch(options: TraceRequestOptions = {}): Stop {
  const found = findKernel();
  if (!found) return doNothing;
  const kernel = found;
  const origins = readOrigins(kernel, options);

  return wrapMethod(window, 'fetch', (send, [input, init]) => {
    const asked =
      typeof input === 'object' && 'url' in input ? input : undefined;
    const method = init?.method ?? asked?.method ?? 'GET';
    const request = startRequest(
      kernel,
      method.toUpperCase(),
      asked?.url ?? String(input),
      origins,
    );
    if (!request) return send(input, init);

    const answer = send(input, withContext(request.traceparent, asked, init));
    // Beside the promise, which the caller gets as it is, and which a mock may have made.
    void Promise.resolve(answer).then(
      ({ status }) => request.end(status),
      (error: unknown) =>
        request.end((error as Error | undefined)?.name || 'error'),
    );
    return answer;
  });
}

/** What a request is made with, and its context. A header of the page's own stays. */
function withContext(
  traceparent: string | undefined,
  request: Request | undefined,
  init: RequestInit | undefined,
): RequestInit | undefined {
  if (!traceparent || request?.mode === 'no-cors' || init?.mode === 'no-cors') {
    return init;
  }
  try {
    const headers = new Headers(init?.headers ?? request?.headers);
    if (!headers.has('traceparent')) headers.set('traceparent', traceparent);
    return { ...init, headers };
  } catch {
    // `fetch` will say what is wrong with them.
    return init;
  }
}
