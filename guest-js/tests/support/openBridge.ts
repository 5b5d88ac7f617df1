import { vi } from 'vitest';
import type { Invoke } from '../../types/invoke.js';
import type { SessionInfo } from '../../bindings/SessionInfo.js';
import type { WsBridgeOptions } from '../../wsBridge/types/wsBridgeOptions.js';
import { PageTarget } from './pageTarget.js';
import { type FakeSocket, stubWebSocket } from './fakeSocket.js';

export const SESSION: SessionInfo = {
  window: 'main',
  webview: 'main',
  os: 'linux',
  separator: '/',
  delimiter: ':',
  telemetry: null,
};

export const TOKEN = '0123456789abcdef0123456789abcdef';

export interface BridgedPage {
  readonly window: PageTarget & Record<string, unknown>;
  readonly sockets: FakeSocket[];
  /** The connection of the moment. */
  socket(): FakeSocket;
  readonly invoke: Invoke;
  /** What was fetched that is no invoke. */
  readonly fetched: unknown[];
}

/** A page in an ordinary browser, connected to a bridge that the test plays. */
export async function openBridge(
  options: Partial<WsBridgeOptions> = {},
): Promise<BridgedPage> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const fetched: unknown[] = [];
  const window = Object.assign(new PageTarget(), {
    fetch: async (input: unknown) => {
      fetched.push(input);
      return new Response('page');
    },
  }) as unknown as BridgedPage['window'];
  vi.stubGlobal('window', window);
  vi.stubGlobal('document', Object.assign(new PageTarget(), { hidden: false }));
  const sockets = stubWebSocket();
  vi.resetModules();
  const { connectWsBridge } = await import('../../wsBridge/connectWsBridge.js');
  await connectWsBridge({ token: TOKEN, session: SESSION, ...options });
  const { invoke } = window['__TAURI_INTERNALS__'] as { invoke: Invoke };
  return {
    window,
    sockets,
    socket: () => sockets.at(-1) as FakeSocket,
    invoke,
    fetched,
  };
}
