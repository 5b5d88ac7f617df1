import type { SessionInfo } from '../../bindings/SessionInfo.js';
import type { InvokeArgs, InvokeOptions } from '../../types/invoke.js';
import type { Connection } from '../types/connection.js';
import type { Callbacks } from './createCallbacks.js';
import type { Listeners } from './createListeners.js';
import { readAnswer } from './readAnswer.js';
import { toBytes } from './toBytes.js';
import { toJson } from './toJson.js';

/** What tauri writes below its own `invoke`, when there is no time for a fetch. */
interface Message {
  readonly cmd: string;
  readonly payload: unknown;
}

/** Gives the page the globals that a webview has, as far as `@tauri-apps/api` and the kernel know them. */
export function provideTauri(
  session: SessionInfo,
  connection: Connection,
  callbacks: Callbacks,
  listeners: Listeners,
): void {
  const usesHosts = session.os === 'windows' || session.os === 'android';
  const convertFileSrc = (path: string, protocol = 'asset'): string => {
    const encoded = encodeURIComponent(path);
    return usesHosts
      ? `http://${protocol}.localhost/${encoded}`
      : `${protocol}://localhost/${encoded}`;
  };

  async function invoke(
    cmd: string,
    args: InvokeArgs = {},
    options?: InvokeOptions,
  ): Promise<unknown> {
    // By the global, as tauri does: the kernel has wrapped it.
    const response = await window.fetch(convertFileSrc(cmd, 'ipc'), {
      method: 'POST',
      headers: new Headers(options?.headers),
      body: (toBytes(args) as BodyInit | undefined) ?? toJson(args),
    });
    const { outcome, value } = await readAnswer(response);
    if (outcome === 'ok') return value;
    throw value;
  }

  const internals = {
    invoke,
    transformCallback: callbacks.add,
    unregisterCallback: callbacks.remove,
    runCallback: callbacks.run,
    convertFileSrc,
    metadata: {
      currentWindow: { label: session.window },
      currentWebview: { windowLabel: session.window, label: session.webview },
    },
    plugins: {
      path: { sep: session.separator, delimiter: session.delimiter },
    },
  };
  const eventInternals = {
    unregisterListener(_event: string, id: number) {
      const callback = listeners.callbackOf(id);
      if (callback !== undefined) callbacks.remove(callback);
    },
  };
  const ipc = {
    postMessage(message: string) {
      const { cmd, payload } = JSON.parse(message) as Message;
      connection.post(cmd, `"args":${JSON.stringify(payload)}`);
    },
  };
  Object.defineProperties(window, {
    __TAURI_INTERNALS__: { value: internals },
    __TAURI_EVENT_PLUGIN_INTERNALS__: { value: eventInternals },
    ipc: { value: ipc },
    isTauri: { value: true },
  });
}
