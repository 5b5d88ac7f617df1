import type { Answer, Connection, Push } from '../types/connection.js';
import type { WsBridgeOptions } from '../types/wsBridgeOptions.js';
import { fromBase64 } from './fromBase64.js';
import { toProtocols } from './toProtocols.js';

// Longer than any command that a person waits for.
const DEFAULT_TIMEOUT_MS = 30_000;

// A restarted app is back within seconds; one that is gone must not keep a processor busy.
const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 3_000;

interface Call {
  /** What is to be sent, until it has been. */
  frame: string | undefined;
  readonly cmd: string;
  readonly settle: (answer: Answer) => void;
}

type Frame = Partial<Push> & {
  readonly id?: number | null;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly base64?: string;
};

/**
 * Connects to the bridge, and again whenever the connection is lost. Calls that were already sent then
 * fail, because nobody knows whether they ran. Calls that were not sent yet wait for the next connection.
 */
export function createConnection(
  options: WsBridgeOptions & { readonly url: string },
  onPush: (push: Push) => void,
  onReconnect: () => void,
): Connection {
  const { token, window = 'main', timeout = DEFAULT_TIMEOUT_MS } = options;
  const url = `${options.url.replace(/^http/, 'ws')}/ws?window=${encodeURIComponent(window)}`;
  // The one of the beginning: a script that replaces it later would be handed the token.
  const Socket = WebSocket;
  const protocols = toProtocols('tauri-ws-bridge', `token.${token}`);
  const calls = new Map<number, Call>();
  let socket: WebSocket | undefined;
  let lastId = 0;
  let delay = FIRST_DELAY_MS;
  let isFirst = true;

  function settle(id: number, answer: Answer): void {
    calls.get(id)?.settle(answer);
    calls.delete(id);
  }

  function fail(id: number, why: string): void {
    const cmd = calls.get(id)?.cmd;
    settle(id, { outcome: 'error', value: `ws bridge: ${cmd}: ${why}` });
  }

  function send(open: WebSocket): void {
    for (const call of calls.values()) {
      if (call.frame !== undefined) open.send(call.frame);
      call.frame = undefined;
    }
  }

  function receive(frame: Frame): void {
    const { id } = frame;
    if (id === undefined) onPush(frame as Push);
    else if (id === null) console.error('ws bridge:', frame.error);
    else if ('error' in frame)
      settle(id, { outcome: 'error', value: frame.error });
    else {
      const { base64 } = frame;
      const value = base64 === undefined ? frame.result : fromBase64(base64);
      settle(id, { outcome: 'ok', value });
    }
  }

  function connect(): void {
    const opening = new Socket(url, protocols);
    opening.onopen = () => {
      socket = opening;
      delay = FIRST_DELAY_MS;
      if (!isFirst) onReconnect();
      isFirst = false;
      send(opening);
    };
    opening.onmessage = ({ data }) => receive(JSON.parse(data as string));
    opening.onclose = () => {
      socket = undefined;
      for (const [id, { frame }] of calls) {
        if (frame === undefined) fail(id, 'the connection was lost');
      }
      setTimeout(connect, delay);
      delay = Math.min(delay * 2, LAST_DELAY_MS);
    };
  }

  function nextFrame(cmd: string, members: string): string {
    // As many ids as a u32 has, which is what an id is.
    lastId = (lastId + 1) >>> 0;
    return `{"id":${lastId},"cmd":${JSON.stringify(cmd)},${members}}`;
  }

  connect();
  return {
    request: (cmd, members) =>
      new Promise((resolve) => {
        const frame = nextFrame(cmd, members);
        const id = lastId;
        const timer = setTimeout(
          () => fail(id, `no answer for ${timeout} ms`),
          timeout,
        );
        calls.set(id, {
          cmd,
          frame,
          settle(answer) {
            clearTimeout(timer);
            resolve(answer);
          },
        });
        if (socket) send(socket);
      }),
    post: (cmd, members) => socket?.send(nextFrame(cmd, members)),
  };
}
