import type {
  EventCallback,
  EventName,
  Options,
  UnlistenFn,
} from '@tauri-apps/api/event';
import { listen } from './listen.js';

/**
 * Listens to the next event, as `once` of `@tauri-apps/api/event` does, and continues its trace as `listen` does.
 *
 * @example
 * ```ts
 * import { once } from 'tauri-plugin-opentelemetry-api/events';
 *
 * await once('ready', hideSplashScreen);
 * ```
 */
export function once<T>(
  event: EventName,
  handler: EventCallback<T>,
  options?: Options,
): Promise<UnlistenFn> {
  let isDone = false;
  const listening = listen<T>(
    event,
    (data) => {
      // More events may come before the listener is taken back.
      if (isDone) return;
      isDone = true;
      void listening.then((unlisten) => unlisten());
      handler(data);
    },
    options,
  );
  return listening;
}
