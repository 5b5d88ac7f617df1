import type { FakePage } from './openPage.js';

type Callback = (data: unknown) => void;

/** The part of Rust that tells a page of events and channel messages. */
export interface FakeEvents {
  /** What tauri's script does for each webview that listens. */
  emit(event: string, payload: unknown): void;
  /** What `emit_traced` does. */
  emitTraced(event: string, payload: unknown, traceparent: string): void;
  opens(id: number, event: string, traceparent: string): void;
  closes(id: number, event: string): void;
  /** How many listeners there are. */
  listeners(): number;
  runCallback(id: number, data: unknown): void;
}

/** Adds events to a page, as tauri's scripts do. */
export function addEvents(page: FakePage): FakeEvents {
  const callbacks = new Map<number, Callback>();
  const listeners = new Map<number, { event: string; handler: number }>();
  let lastId = 0;

  Object.assign(page.internals, {
    transformCallback(callback: Callback) {
      callbacks.set(++lastId, callback);
      return lastId;
    },
  });
  page.window['__TAURI_EVENT_PLUGIN_INTERNALS__'] = {
    unregisterListener: (_event: string, id: number) => listeners.delete(id),
  };
  page.commands['plugin:event|listen'] = ({ payload }) => {
    listeners.set(++lastId, payload as { event: string; handler: number });
    return lastId;
  };

  const emit = (event: string, payload: unknown): void => {
    const data: Record<string, unknown> = { event, payload };
    for (const [id, listener] of [...listeners]) {
      if (listener.event !== event) continue;
      data['id'] = id;
      callbacks.get(listener.handler)?.(data);
    }
  };
  const opens = (id: number, event: string, traceparent: string) =>
    emit(`opentelemetry:${event}`, { id, opens: { traceparent } });
  const closes = (id: number, event: string) =>
    emit(`opentelemetry:${event}`, { id });
  let brackets = 0;
  return {
    emit,
    opens,
    closes,
    emitTraced(event, payload, traceparent) {
      const id = ++brackets;
      opens(id, event, traceparent);
      emit(event, payload);
      closes(id, event);
    },
    listeners: () => listeners.size,
    runCallback: (id, data) => callbacks.get(id)?.(data),
  };
}
