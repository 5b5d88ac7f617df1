import { findKernel } from '../api/findKernel.js';
import { doNothing } from './lib/doNothing.js';
import { emitEvent } from './lib/emitEvent.js';
import { observe } from './lib/observe.js';
import { pageUrl } from './lib/pageUrl.js';
import type { Stop } from './types/stop.js';

/** What loads these is code, whose requests are spans of `traceFetch` and `traceXhr`; an invoke is one of them. */
const BY_CODE = ['fetch', 'xmlhttprequest', 'beacon'];

/**
 * Records every script, style sheet, image and font that the page loads as an event `browser.resource_timing`, with its
 * URL without the query, its duration and its size.
 *
 * The window needs the permission `opentelemetry:allow-page-logs`.
 *
 * @example
 * ```ts
 * import { captureResources } from 'tauri-plugin-opentelemetry-api/instrumentations';
 *
 * captureResources();
 * ```
 */
export function captureResources(): Stop {
  const kernel = findKernel();
  if (!kernel) return doNothing;
  return observe('resource', (entry) => {
    const resource = entry as PerformanceResourceTiming;
    if (BY_CODE.includes(resource.initiatorType)) return;
    emitEvent(
      kernel,
      'browser.resource_timing',
      {
        'url.full': pageUrl(resource.name),
        'browser.resource_timing.initiator_type': resource.initiatorType,
        'browser.resource_timing.duration': resource.duration,
        'browser.resource_timing.fetch_start': resource.fetchStart,
        'browser.resource_timing.response_end': resource.responseEnd,
        'browser.resource_timing.transfer_size': resource.transferSize,
        'browser.resource_timing.decoded_body_size': resource.decodedBodySize,
      },
      { time: performance.timeOrigin + resource.startTime },
    );
  });
}
