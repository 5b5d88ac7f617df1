import { findKernel } from '../api/findKernel.js';
import { doNothing } from './lib/doNothing.js';
import { emitEvent } from './lib/emitEvent.js';
import { listen } from './lib/listen.js';
import type { Stop } from './types/stop.js';

/**
 * Records when the page is hidden and shown as events `browser.visibility`, with the new state. A webview hides its
 * page when its window is minimised or covered; which of the two depends on the system.
 *
 * The window needs the permission `opentelemetry:allow-page-logs`.
 *
 * @example
 * ```ts
 * import { captureVisibility } from 'tauri-plugin-opentelemetry-api/instrumentations';
 *
 * captureVisibility();
 * ```
 */
export function captureVisibility(): Stop {
  const kernel = findKernel();
  if (!kernel) return doNothing;
  return listen(document, 'visibilitychange', () =>
    emitEvent(kernel, 'browser.visibility', {
      'browser.visibility.state': document.visibilityState,
    }),
  );
}
