import { readCommand } from '../../kernel/lib/readCommand.js';
import type { Answer, Connection } from '../types/connection.js';
import { LISTEN, UNLISTEN, type Listeners } from './createListeners.js';
import { toBase64 } from './toBase64.js';

/**
 * The response to an invoke. `answer` is its value as it is. A copy of the response, such as another wrapper of
 * `fetch` makes, has no `answer`, and is read as tauri reads a response of its own.
 */
export interface BridgeResponse extends Response {
  readonly answer?: Answer;
}

/** The members of a frame that are said by headers in the webview. */
const CONTEXT = ['traceparent', 'tracestate'];

/**
 * A `fetch` that takes the requests of the `ipc` scheme over the bridge, and leaves the others to
 * `native`. The kernel wraps it like the `fetch` of a webview.
 */
export function createFetch(
  native: typeof fetch,
  connection: Connection,
  listeners: Listeners,
): typeof fetch {
  return async (input, init) => {
    const cmd = readCommand(input);
    if (cmd === undefined) return native(input, init);
    const members = toMembers(init ?? {});
    const answer = await connection.request(
      cmd,
      cmd === UNLISTEN ? listeners.unlistened(members) : members,
    );
    if (cmd === LISTEN && answer.outcome === 'ok') {
      listeners.listened(members, answer.value as number);
    }
    return Object.assign(toResponse(answer), { answer });
  };
}

/** The response that tauri would give. Its body is written when it is read, which is hardly ever. */
function toResponse({ outcome, value }: Answer): Response {
  const isBytes = value instanceof ArrayBuffer;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const bytes = isBytes
          ? new Uint8Array(value)
          : new TextEncoder().encode(JSON.stringify(value ?? null));
        // A stream takes no chunk without bytes.
        if (bytes.length) controller.enqueue(bytes);
        controller.close();
      },
    },
    // Nothing before somebody reads.
    { highWaterMark: 0 },
  );
  return new Response(body, {
    headers: {
      'Content-Type': isBytes ? 'application/octet-stream' : 'application/json',
      'Tauri-Response': outcome,
    },
  });
}

/** The request as members of a frame. Its body is JSON or bytes, as `invoke` has written it. */
function toMembers({ body, headers: given }: RequestInit): string {
  const members = [
    typeof body === 'string'
      ? `"args":${body}`
      : `"base64":"${toBase64(body as Uint8Array)}"`,
  ];
  const headers = new Headers(given);
  for (const name of CONTEXT) {
    const value = headers.get(name);
    if (value) members.push(`"${name}":${JSON.stringify(value)}`);
    headers.delete(name);
  }
  const others = Object.fromEntries(headers);
  if (Object.keys(others).length) {
    members.push(`"headers":${JSON.stringify(others)}`);
  }
  return members.join();
}
