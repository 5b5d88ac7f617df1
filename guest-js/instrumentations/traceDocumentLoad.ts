import { findKernel } from '../api/findKernel.js';
import { startSpan } from '../api/startSpan.js';
import type { Active } from '../kernel/types/kernel.js';
import { setContextSource } from './lib/contextSources.js';
import { createCause } from './lib/createCause.js';
import { doNothing } from './lib/doNothing.js';
import { listen } from './lib/listen.js';
import { pageUrl } from './lib/pageUrl.js';
import { stopAll } from './lib/stopAll.js';
import { wrapMethod } from './lib/wrapMethod.js';
import type { Stop } from './types/stop.js';

/**
 * How long a page can go on loading after its event `load`, in milliseconds. One that asks again and again would never
 * be done.
 */
const MAX_AFTER_LOAD = 2000;

/** How long a page can load at all, in milliseconds. Where an image is a stream, as of a camera, the event never comes. */
const MAX_LOAD = 60_000;

/**
 * Makes a span `document load` of the load of this page, as the parent of what the page invokes meanwhile: its root
 * span instead of many.
 *
 * The load lasts from the start of the navigation to the event `load`, and on as long as one request follows another
 * within 100 milliseconds, for two seconds at most. A load without that event ends after a minute. Its milestones are events of the span. What a user does
 * meanwhile is no part of it, if `traceInteractions` is on.
 *
 * @example
 * ```ts
 * import { traceDocumentLoad } from 'tauri-plugin-opentelemetry-api/instrumentations';
 *
 * traceDocumentLoad();
 * ```
 */
export function traceDocumentLoad(): Stop {
  const kernel = findKernel();
  if (!kernel) return doNothing;

  let isLoading = true;
  const cause = createCause(
    () =>
      startSpan(
        kernel,
        // What has opened the window, if anything has said so.
        kernel.active()?.spanContext(),
        'document load',
        { 'url.full': pageUrl(location.href) },
        { startTime: performance.timeOrigin },
      ),
    kernel.now,
    () => {
      isLoading = false;
      stopAll(stops)();
    },
  );
  const span = cause.start();
  setTimeout(cause.end, MAX_LOAD);
  // Code that waits until after the load, such as a loop that polls, has no parent then.
  const active: Active = {
    spanContext: () => (isLoading ? span.spanContext() : undefined),
    span,
  };
  const stops = [
    setContextSource(kernel, 'documentLoad', () => active),
    wrapMethod(window, 'fetch', (send, args) => {
      const isCause =
        kernel.active()?.spanContext()?.traceId === span.spanContext().traceId;
      const answer = send(...args);
      return isCause ? cause.waitFor(answer) : answer;
    }),
    listen(window, 'load', loaded),
  ];

  function loaded(): void {
    const [navigation] = performance.getEntriesByType(
      'navigation',
    ) as PerformanceNavigationTiming[];
    for (const milestone of [
      'domInteractive',
      'domContentLoadedEventEnd',
      'domComplete',
    ] as const) {
      const millis = navigation?.[milestone];
      if (millis)
        span.addEvent(milestone, undefined, performance.timeOrigin + millis);
    }
    cause.finish();
    setTimeout(cause.end, MAX_AFTER_LOAD);
  }

  // Called late, by a script that was loaded on demand.
  if (document.readyState === 'complete') loaded();
  return cause.end;
}
