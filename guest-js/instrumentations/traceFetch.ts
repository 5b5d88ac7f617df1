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
  const kernel = findKernel();
  if (!kernel) return doNothing;
  const origins = readOrigins(kernel, options);

  return wrapMethod(window, 'fetch', (send, args) => {
    const asked = readArguments(args);
    const request = asked && startRequest(kernel, ...asked, origins);
    if (!request) return send(...args);

    // What the caller gets rejects as the answer does, so that the browser still reports what nobody handles.
    return Promise.resolve(
      send(...withContext(request.traceparent, args)),
    ).then(
      (answer) => {
        request.end(answer.status);
        return answer;
      },
      (error: unknown) => {
        request.end((error as Error | undefined)?.name || 'error');
        throw error;
      },
    );
  });
}

/** The method and the URL in the arguments of `fetch`, or `undefined` for some that `fetch` will refuse. */
function readArguments([input, init]: Parameters<typeof fetch>):
  [method: string, url: string] | undefined {
  try {
    const { method = 'GET', url = input } = Object(input) as Partial<Request>;
    return [String(init?.method ?? method), String(url)];
  } catch {
    return undefined;
  }
}

/** The arguments of `fetch`, with the context. A header of the page's own stays. */
function withContext(
  traceparent: string | undefined,
  args: Parameters<typeof fetch>,
): Parameters<typeof fetch> {
  if (!traceparent) return args;
  try {
    // A spread of `init` would lose what `init` inherits. And `fetch` resets the referrer of a `Request` that comes with an `init`.
    const request = new Request(...args);
    if (!request.headers.has('traceparent')) {
      request.headers.set('traceparent', traceparent);
    }
    return [request];
  } catch {
    // `fetch` will say what is wrong with them.
    return args;
  }
}
