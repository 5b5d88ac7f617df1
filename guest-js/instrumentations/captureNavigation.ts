import { findKernel } from '../api/findKernel.js';
import { doNothing } from './lib/doNothing.js';
import { emitEvent } from './lib/emitEvent.js';
import { listen } from './lib/listen.js';
import { pageUrl } from './lib/pageUrl.js';
import { stopAll } from './lib/stopAll.js';
import { wrapMethod } from './lib/wrapMethod.js';
import type { Stop } from './types/stop.js';

/**
 * Records where the page goes: an event `browser.navigation` for the page itself and for every change of route in it,
 * with the current trace, and `browser.navigation_timing` once the page has loaded.
 *
 * URLs are recorded without their query.
 *
 * The window needs the permission `opentelemetry:allow-page-logs`.
 *
 * @example
 * ```ts
 * import { captureNavigation } from 'tauri-plugin-opentelemetry-api/instrumentations';
 *
 * captureNavigation();
 * ```
 */
export function captureNavigation(): Stop {
  const found = findKernel();
  if (!found) return doNothing;
  const kernel = found;
  const [timing] = performance.getEntriesByType(
    'navigation',
  ) as PerformanceNavigationTiming[];
  let last = location.href;
  /** How the page came to where it is, where the browser has the Navigation API. A link to a fragment is a `popstate` as well. */
  let entryType: string | undefined;

  function record(type: string | undefined, isSameDocument: boolean): void {
    emitEvent(
      kernel,
      'browser.navigation',
      {
        'url.full': pageUrl(location.href),
        'browser.navigation.same_document': isSameDocument,
        'browser.navigation.hash_change':
          isSameDocument && withoutHash(location.href) === withoutHash(last),
        'browser.navigation.type': type,
      },
      { context: kernel.active()?.spanContext() },
    );
    last = location.href;
  }

  /** Routers also call these to keep their state, where the page is. */
  function changed(type: string | undefined): void {
    if (location.href !== last) record(type, true);
  }

  function loaded(): void {
    // The entry is complete only after the event.
    setTimeout(() => {
      if (!timing) return;
      emitEvent(kernel, 'browser.navigation_timing', {
        'url.full': pageUrl(timing.name),
        'browser.navigation_timing.type': timing.type,
        'browser.navigation_timing.dom_interactive': timing.domInteractive,
        'browser.navigation_timing.dom_content_loaded_event_start':
          timing.domContentLoadedEventStart,
        'browser.navigation_timing.dom_content_loaded_event_end':
          timing.domContentLoadedEventEnd,
        'browser.navigation_timing.dom_complete': timing.domComplete,
        'browser.navigation_timing.load_event_start': timing.loadEventStart,
        'browser.navigation_timing.load_event_end': timing.loadEventEnd,
      });
    });
  }

  record(timing?.type === 'back_forward' ? 'traverse' : timing?.type, false);
  const stops = [
    wrapMethod(history, 'pushState', (push, args) => {
      push(...args);
      changed('push');
    }),
    wrapMethod(history, 'replaceState', (replace, args) => {
      replace(...args);
      changed('replace');
    }),
    listen(window, 'popstate', () => changed(entryType)),
    listen(window, 'load', loaded),
  ];
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) {
    stops.push(
      listen<CurrentEntryChange>(
        navigation,
        'currententrychange',
        ({ navigationType }) => (entryType = navigationType ?? undefined),
      ),
    );
  }
  if (document.readyState === 'complete') loaded();
  return stopAll(stops);
}

/** The event of the Navigation API that says how the page came to an entry of its history. */
interface CurrentEntryChange extends Event {
  readonly navigationType: string | null;
}

function withoutHash(url: string): string {
  return url.split('#')[0] as string;
}
