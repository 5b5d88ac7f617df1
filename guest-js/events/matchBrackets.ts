import { parseTraceparent } from '../kernel/lib/parseTraceparent.js';
import type { SpanContext } from '../types/spanContext.js';

/** A trace context as Rust writes it. */
export interface SentContext {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** What comes before an event of `emit_traced`, with its context, and after it, without (`plugin/emit/event.rs`). */
export interface BracketEvent {
  readonly id: number;
  readonly opens?: SentContext;
}

/** Which context an event has. */
export interface Brackets<T> {
  /** A bracket opens or closes. */
  bracket(event: BracketEvent): void;
  /** An event is there. */
  receive(event: T): void;
  /** Nothing is handled any more. */
  stop(): void;
}

/**
 * The two ends of a bracket are scripts that one thread has queued one after the other, so more than a second between
 * them means that the second one is lost.
 */
const LONGEST_BRACKET = 1000;

/**
 * Finds the context of each event. An event inside of a bracket waits for its end: if the event is the only one by then,
 * and the bracket as well, they belong together. Otherwise nobody can tell whose the context is, and no event gets it.
 */
export function matchBrackets<T extends object>(
  handle: (event: T, parent: SpanContext | undefined) => void,
): Brackets<T> {
  const open = new Set<number>();
  let contexts: SentContext[] = [];
  let waiting: T[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;

  function settle(isClosed: boolean): void {
    const [context] = contexts;
    const isCertain = isClosed && contexts.length === 1 && waiting.length === 1;
    const parent = isCertain ? readContext(context) : undefined;
    const events = waiting;
    open.clear();
    contexts = [];
    waiting = [];
    clearTimeout(timer);
    for (const event of events) {
      try {
        if (!isStopped) handle(event, parent);
      } catch (error) {
        // As an error of its own, so that the next event is handled.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  return {
    bracket({ id, opens }) {
      if (opens) {
        if (!open.size) timer = setTimeout(settle, LONGEST_BRACKET, false);
        open.add(id);
        contexts.push(opens);
      } else if (open.delete(id) && !open.size) settle(true);
    },
    receive(event) {
      // A copy, because tauri hands the same object to the next listener, with another id.
      if (open.size) waiting.push({ ...event });
      else if (!isStopped) handle(event, undefined);
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** The context that Rust has sent, or `undefined` when it is not valid. */
export function readContext(
  context: SentContext | undefined,
): SpanContext | undefined {
  return parseTraceparent(context?.traceparent ?? '', context?.tracestate);
}
