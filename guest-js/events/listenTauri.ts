import type { EventCallback, Options, UnlistenFn } from '@tauri-apps/api/event';
import type { Invoke } from '../types/invoke.js';

/** The part of tauri's globals that events take. */
interface EventWindow {
  readonly __TAURI_INTERNALS__: {
    readonly invoke: Invoke;
    readonly transformCallback: (callback: unknown) => number;
  };
  readonly __TAURI_EVENT_PLUGIN_INTERNALS__: {
    readonly unregisterListener: (event: string, id: number) => void;
  };
}

/** What `listen` of `@tauri-apps/api/event` does, for pages that do not bundle that package. */
export async function listenTauri<T>(
  event: string,
  handler: EventCallback<T>,
  options: Options | undefined,
): Promise<UnlistenFn> {
  const page = window as unknown as EventWindow;
  const { invoke, transformCallback } = page.__TAURI_INTERNALS__;
  const target = options?.target ?? { kind: 'Any' };
  const eventId = await invoke<number>('plugin:event|listen', {
    event,
    target:
      typeof target === 'string' ? { kind: 'AnyLabel', label: target } : target,
    handler: transformCallback(handler),
  });
  return () => {
    page.__TAURI_EVENT_PLUGIN_INTERNALS__.unregisterListener(event, eventId);
    void invoke('plugin:event|unlisten', { event, eventId });
  };
}
