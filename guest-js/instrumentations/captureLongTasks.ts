import { findKernel } from '../api/findKernel.js';
import { doNothing } from './lib/doNothing.js';
import { emitEvent } from './lib/emitEvent.js';
import { observe } from './lib/observe.js';
import type { Stop } from './types/stop.js';

/**
 * Records tasks that block the page for 50 milliseconds or more as events `browser.long_task`, with their start and
 * their duration. Only webviews based on Chromium tell of them.
 *
 * The window needs the permission `opentelemetry:allow-page-logs`.
 *
 * @example
 * ```ts
 * import { captureLongTasks } from 'tauri-plugin-opentelemetry-api/instrumentations';
 *
 * captureLongTasks();
 * ```
 */
export function captureLongTasks(): Stop {
  const kernel = findKernel();
  if (!kernel) return doNothing;
  return observe('longtask', ({ name, startTime, duration }) =>
    emitEvent(
      kernel,
      'browser.long_task',
      {
        'browser.long_task.name': name,
        'browser.long_task.duration': duration,
      },
      { time: performance.timeOrigin + startTime },
    ),
  );
}
