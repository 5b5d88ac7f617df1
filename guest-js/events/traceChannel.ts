import type { SpanContext } from '../types/spanContext.js';
import { readContext, type SentContext } from './matchBrackets.js';
import { runAsConsumer } from './runAsConsumer.js';

/** What Rust tells of a message ahead of it (`plugin/emit/channel.rs`). */
interface Announcement extends SentContext {
  readonly channel: number;
  readonly index: number;
}

/** The most announced messages that are remembered. Nobody claims those of an untraced channel, so the oldest is dropped. */
const MAX_ANNOUNCED = 1024;

/** The contexts of messages to come, by `key`. */
const announced = new Map<string, SpanContext | undefined>();
let isListening = false;

/**
 * Makes the handler of a channel continue the trace of each message that Rust sends with `send_traced` of a
 * `TracedChannel`: it runs inside a span, a child of the span that sent the message. Returns the channel.
 *
 * Call it once the channel has its handler, and before a command gets the channel.
 *
 * @example
 * ```ts
 * import { Channel, invoke } from '@tauri-apps/api/core';
 * import { traceChannel } from 'tauri-plugin-opentelemetry-api/events';
 *
 * const onProgress = traceChannel(new Channel<number>(showProgress));
 * await invoke('import', { onProgress });
 * ```
 */
export function traceChannel<
  T,
  C extends { readonly id: number; onmessage: (message: T) => void },
>(channel: C & { onmessage: (message: T) => void }): C {
  if (!isListening) {
    isListening = true;
    window.addEventListener('opentelemetry:message', announce);
  }
  const handler = channel.onmessage;
  let index = 0;
  channel.onmessage = (message) => {
    const id = key(channel.id, index++);
    const parent = announced.get(id);
    announced.delete(id);
    runAsConsumer('channel', parent, () => handler(message));
  };
  return channel;
}

function announce(event: globalThis.Event): void {
  const { channel, index, ...context } = (event as CustomEvent<Announcement>)
    .detail;
  announced.set(key(channel, index), readContext(context));
  if (announced.size > MAX_ANNOUNCED) {
    for (const oldest of announced.keys()) {
      announced.delete(oldest);
      break;
    }
  }
}

function key(channel: number, index: number): string {
  return `${channel}:${index}`;
}
