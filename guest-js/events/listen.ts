import type {
  Event,
  EventCallback,
  EventName,
  Options,
  UnlistenFn,
} from '@tauri-apps/api/event';
import { telemetry } from '../telemetry.js';
import { listenTauri } from './listenTauri.js';
import { matchBrackets, type BracketEvent } from './matchBrackets.js';
import { runAsConsumer } from './runAsConsumer.js';

/**
 * Listens to an event, as `listen` of `@tauri-apps/api/event` does. The handler of an event that Rust has emitted with
 * `emit_traced` runs inside a span, a child of the span that emitted it; every other event is handled as it is.
 *
 * @example
 * ```ts
 * import { listen } from 'tauri-plugin-opentelemetry-api/events';
 *
 * const unlisten = await listen<number>('download-finished', ({ payload }) => {
 *   showFiles(payload);
 * });
 * ```
 */
export async function listen<T>(
  event: EventName,
  handler: EventCallback<T>,
  options?: Options,
): Promise<UnlistenFn> {
  if (!telemetry.enabled) return listenTauri(event, handler, options);
  const brackets = matchBrackets<Event<T>>((data, parent) =>
    runAsConsumer(event, parent, () => handler(data)),
  );
  // The event first: whoever receives a bracket then receives what is in it.
  const unlisten = await listenTauri<T>(event, brackets.receive, options);
  const unlistenBrackets = await listenTauri<BracketEvent>(
    `opentelemetry:${event}`,
    ({ payload }) => brackets.bracket(payload),
    options,
  );
  return () => {
    brackets.stop();
    unlistenBrackets();
    unlisten();
  };
}
