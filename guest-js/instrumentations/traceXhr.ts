import { findKernel } from '../api/findKernel.js';
import { doNothing } from './lib/doNothing.js';
import { listen } from './lib/listen.js';
import {
  readOrigins,
  startRequest,
  type TraceRequestOptions,
} from './lib/startRequest.js';
import { stopAll } from './lib/stopAll.js';
import { wrapMethod } from './lib/wrapMethod.js';
import type { Stop } from './types/stop.js';

/** What `open` has said about a request. */
interface Opened {
  readonly method: string;
  readonly url: string;
  /** Whether the page has given it a context of its own. */
  hasContext: boolean;
}

/**
 * Makes a CLIENT span of every request over HTTP that the page makes by `XMLHttpRequest`: as `traceFetch` does for
 * `fetch`. A `traceparent` of the page's own stays.
 *
 * @example
 * ```ts
 * import { traceXhr } from 'tauri-plugin-opentelemetry-api/instrumentations';
 *
 * traceXhr();
 * ```
 */
export function traceXhr(options: TraceRequestOptions = {}): Stop {
  const kernel = findKernel();
  if (!kernel) return doNothing;
  const origins = readOrigins(kernel, options);
  const opened = new WeakMap<XMLHttpRequest, Opened>();
  const { prototype } = XMLHttpRequest;

  const stops = [
    wrapMethod(prototype, 'open', (open, args, self) => {
      const [method, url] = args;
      open(...args);
      opened.set(self as XMLHttpRequest, {
        method: String(method),
        url: String(url),
        hasContext: false,
      });
    }),
    wrapMethod(prototype, 'setRequestHeader', (set, args, self) => {
      set(...args);
      const request = opened.get(self as XMLHttpRequest);
      if (request && /^traceparent$/i.test(args[0])) request.hasContext = true;
    }),
    wrapMethod(prototype, 'send', (send, args, self) => {
      const xhr = self as XMLHttpRequest;
      const asked = opened.get(xhr);
      const request =
        asked && startRequest(kernel, asked.method, asked.url, origins);
      if (!request) return send(...args);
      // Which of them comes first says what went wrong.
      let failure = '';
      const listeners = ['error', 'abort', 'timeout', 'loadend'].map((type) =>
        listen(xhr, type, () => {
          if (type === 'loadend') end(failure || xhr.status);
          else failure ||= type;
        }),
      );
      const end = (outcome: number | string) => {
        // The page can send another request by the same object.
        stopAll(listeners)();
        request.end(outcome);
      };
      try {
        if (request.traceparent && !asked.hasContext) {
          xhr.setRequestHeader('traceparent', request.traceparent);
        }
        send(...args);
      } catch (error) {
        end((error as Error).name);
        throw error;
      }
    }),
  ];
  return stopAll(stops);
}
