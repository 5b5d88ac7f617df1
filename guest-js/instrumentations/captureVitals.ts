import { findKernel } from '../api/findKernel.js';
import { doNothing } from './lib/doNothing.js';
import { emitEvent } from './lib/emitEvent.js';
import type { Stop } from './types/stop.js';

/**
 * A web vital as the package `web-vitals` reports it, as far as it is recorded.
 *
 * @example
 * ```ts
 * const metric: WebVital = { name: 'LCP', value: 812, delta: 812, id: 'v5-1', rating: 'good', navigationType: 'navigate' };
 * ```
 */
export interface WebVital {
  readonly name: string;
  /** Milliseconds, but for CLS, which has no unit. */
  readonly value: number;
  /** The change since the last report. */
  readonly delta: number;
  readonly id: string;
  readonly rating: string;
  readonly navigationType: string;
}

/**
 * A function of the package `web-vitals`, such as `onLCP`.
 *
 * @example
 * ```ts
 * const observeVital: ObserveVital = onLCP;
 * ```
 */
export type ObserveVital = (report: (vital: WebVital) => void) => void;

/**
 * Records web vitals as events `browser.web_vital`. Which ones is up to what is given: functions of the package
 * `web-vitals`, of which a bundle has no more than it uses. A vital that the webview cannot measure is absent.
 *
 * The window needs the permission `opentelemetry:allow-page-logs`.
 *
 * @example
 * ```ts
 * import { captureVitals } from 'tauri-plugin-opentelemetry-api/instrumentations';
 * import { onCLS, onINP, onLCP } from 'web-vitals';
 *
 * captureVitals(onCLS, onINP, onLCP);
 * ```
 */
export function captureVitals(...vitals: readonly ObserveVital[]): Stop {
  const kernel = findKernel();
  if (!kernel) return doNothing;
  // Nothing takes a callback back from `web-vitals`.
  let isStopped = false;

  for (const observeVital of vitals) {
    observeVital((vital) => {
      if (isStopped) return;
      emitEvent(kernel, 'browser.web_vital', {
        'browser.web_vital.name': vital.name.toLowerCase(),
        'browser.web_vital.value': vital.value,
        'browser.web_vital.delta': vital.delta,
        'browser.web_vital.id': vital.id,
        'browser.web_vital.rating': vital.rating,
        'browser.web_vital.navigation_type': vital.navigationType,
      });
    });
  }
  return () => {
    isStopped = true;
  };
}
