import type { PageBatch } from '../../bindings/PageBatch.js';
import type { KernelConfig } from '../../bindings/KernelConfig.js';
import type { TauriInternals, TauriWindow } from '../types/tauriWindow.js';
import { createStash } from './createStash.js';

/** The command of the plugin that takes a batch. */
const COMMAND = 'plugin:opentelemetry|log_trace_span';

/** How batches get to Rust. */
interface Route {
  readonly tauri: TauriInternals;
  /** The `fetch` and the `ipc` that the webview itself has. */
  readonly rawFetch: typeof fetch;
  readonly ipc: TauriWindow['ipc'];
  readonly transport: KernelConfig['transport'];
  /** Proof that a message comes from this page. Must never be reachable from the page's scripts. */
  readonly invokeKey: string;
}

/** Hands a batch to Rust; rejects when that fails. */
export type Send = (batch: PageBatch, isLeaving: boolean) => Promise<void>;

/**
 * Sends batches: by the webview's own fetch, past all that has been wrapped around `window.fetch`, so
 * that telemetry causes none; by an invoke where a fetch does not reach Rust.
 *
 * While the page is being left a fetch would be lost: it needs a CORS preflight first, which a
 * vanishing page never finishes. The batch then goes the way of tauri's own `postMessage` fallback.
 * Nobody waits for the answer: 0 is no callback.
 *
 * In two cases a page that is being left cannot send: under the isolation pattern, because an iframe
 * would have to encrypt the batch first, and when the kernel came late, because it has no invoke key.
 * The batch then waits for the next page of the window.
 *
 * The page may have patched every function and every prototype since. So the invoke key meets
 * nothing of the page's: it is written by concatenation, or lies in objects without a prototype, and
 * what takes it was looked up before any script of the page ran.
 */
export function createSender(route: Route): Send {
  const { tauri, rawFetch, ipc, transport, invokeKey } = route;
  const { stringify } = JSON;
  // On Android it is a method of Java, which throws without its object.
  const postMessage = ipc?.postMessage.bind(ipc);
  const url = tauri.convertFileSrc(COMMAND, 'ipc');
  const messageStart = `{"cmd":"${COMMAND}","callback":0,"error":0,"payload":`;
  const messageEnd = `,"__TAURI_INVOKE_KEY__":${stringify(invokeKey)}}`;
  let byFetch = transport === 'fetch';
  const stash = byFetch || transport === 'message' ? undefined : createStash();

  /** The answer to the batch, or `undefined` where a fetch does not get to Rust. */
  async function fetchAnswer(body: string): Promise<Response | undefined> {
    try {
      return await rawFetch(url, {
        __proto__: null,
        method: 'POST',
        headers: {
          __proto__: null,
          // Bytes, which Rust decodes once, into its own types.
          'content-type': 'application/octet-stream',
          'tauri-callback': '0',
          'tauri-error': '0',
          'tauri-invoke-key': invokeKey,
        } as unknown as Record<string, string>,
        body,
      } as RequestInit);
    } catch {
      return undefined;
    }
  }

  async function send(batch: PageBatch, isLeaving: boolean): Promise<void> {
    if (isLeaving && stash) {
      stash.put(batch);
      return;
    }
    if (isLeaving && postMessage) {
      postMessage(messageStart + stringify(batch) + messageEnd);
      return;
    }
    const answer = byFetch && (await fetchAnswer(stringify(batch)));
    if (answer) {
      if (answer.headers.get('tauri-response') === 'ok') return;
      throw await answer.text();
    }
    byFetch = false;
    await tauri.invoke(COMMAND, batch as unknown as Record<string, unknown>);
  }

  for (const batch of stash?.take() ?? [])
    void send(batch, false).catch(ignore);
  return send;
}

function ignore(): void {}
