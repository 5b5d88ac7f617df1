import type { Connection } from '../types/connection.js';

export const LISTEN = 'plugin:event|listen';
export const UNLISTEN = 'plugin:event|unlisten';

interface Listener {
  /** The id that the page knows. */
  readonly id: number;
  /** The id that the app knows, which is another after each reconnection. */
  currentId: number;
  readonly members: string;
}

/** The event listeners of the page, which outlive a connection. */
export interface Listeners {
  /** Notes a `listen` that was answered with `id`. */
  listened(members: string, id: number): void;
  /** Forgets the listener that an `unlisten` is about; returns what the app has to be told instead. */
  unlistened(members: string): string;
  /** The id that the page knows the listener by which has this callback. */
  idOf(callback: number): number | undefined;
  /** The callback of the listener with this id. */
  callbackOf(id: number): number | undefined;
  /** Listens again to everything, on a new connection. */
  renew(connection: Connection): void;
}

interface ListenArgs {
  readonly args: { readonly handler: number };
}

interface UnlistenArgs {
  readonly args: { readonly event: string; readonly eventId: number };
}

export function createListeners(): Listeners {
  const listeners = new Map<number, Listener>();

  function callbackOf(id: number): number | undefined {
    for (const [callback, listener] of listeners) {
      if (listener.id === id) return callback;
    }
    return undefined;
  }

  return {
    listened(members, id) {
      const { args } = JSON.parse(`{${members}}`) as ListenArgs;
      listeners.set(args.handler, { id, currentId: id, members });
    },
    unlistened(members) {
      const { args, ...context } = JSON.parse(`{${members}}`) as UnlistenArgs;
      const callback = callbackOf(args.eventId);
      const listener = callback !== undefined && listeners.get(callback);
      if (!listener) return members;
      listeners.delete(callback);
      const eventId = listener.currentId;
      const told = { ...context, args: { ...args, eventId } };
      return JSON.stringify(told).slice(1, -1);
    },
    idOf: (callback) => listeners.get(callback)?.id,
    callbackOf,
    renew(connection) {
      for (const listener of listeners.values()) {
        void connection.request(LISTEN, listener.members).then((answer) => {
          if (answer.outcome === 'ok') {
            listener.currentId = answer.value as number;
          }
        });
      }
    },
  };
}
