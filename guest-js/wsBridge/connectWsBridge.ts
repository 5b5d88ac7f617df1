import { start } from '../kernel/start.js';
import { createCallbacks } from './lib/createCallbacks.js';
import { createConnection } from './lib/createConnection.js';
import { createFetch } from './lib/createFetch.js';
import { createListeners } from './lib/createListeners.js';
import { fetchSession } from './lib/fetchSession.js';
import { fromBase64 } from './lib/fromBase64.js';
import { provideTauri } from './lib/provideTauri.js';
import type { Connection } from './types/connection.js';
import type { WsBridgeOptions } from './types/wsBridgeOptions.js';

const DEFAULT_URL = 'http://127.0.0.1:3333';

/**
 * Makes this page, in an ordinary browser, stand for a window of the app that runs with its bridge open:
 * `@tauri-apps/api` and `tauri-plugin-opentelemetry-api` work as in the webview once it has resolved. Import with
 * `await import` what calls them as soon as it is imported. In a webview it does nothing.
 *
 * The token must not be in the code of the page, and so in no variable whose name begins with `VITE_`: Vite writes
 * those into what it builds. The example takes it from the part of the address behind `#`, which no server is sent.
 *
 * Rejects when the bridge refuses, when there is no token, and in a worker.
 *
 * @example
 * ```ts
 * import { connectWsBridge } from 'tauri-plugin-opentelemetry-api/ws-bridge';
 *
 * if (import.meta.env.DEV && location.hash) {
 *   const token = location.hash.slice(1);
 *   history.replaceState(null, '', location.pathname + location.search);
 *   await connectWsBridge({ token });
 * }
 * await import('./app');
 * ```
 */
export async function connectWsBridge(
  options?: WsBridgeOptions,
): Promise<void> {
  if (typeof window === 'undefined') {
    throw new Error(
      'ws bridge: a worker stands for no window of the app; connect in the page, and let the worker ask the page',
    );
  }
  if ('__TAURI_INTERNALS__' in window) return;
  if (!options?.token) {
    throw new Error(
      'ws bridge: a token is needed; its file is printed by the app when the bridge opens',
    );
  }
  const { url = DEFAULT_URL, token } = options;
  const session =
    options.session ?? (await fetchSession(url, token, options.window));

  const callbacks = createCallbacks();
  const listeners = createListeners();
  const connection: Connection = createConnection(
    { ...options, url },
    (push) => {
      if ('announced' in push) {
        window.dispatchEvent(
          new CustomEvent('opentelemetry:message', { detail: push.announced }),
        );
      } else if ('channel' in push) {
        const { channel, index, base64, message } = push;
        callbacks.run(channel, {
          index,
          message: base64 === undefined ? message : fromBase64(base64),
        });
      } else if ('callback' in push) {
        const { callback, event, payload, eventId } = push;
        const id = listeners.idOf(callback) ?? eventId;
        callbacks.run(callback, { event, payload, id });
      }
    },
    () => listeners.renew(connection),
  );
  window.fetch = createFetch(window.fetch.bind(window), connection, listeners);
  provideTauri(session, connection, callbacks, listeners);
  if (session.telemetry) start(session.telemetry);
}
