import type { Active } from '../../kernel/types/kernel.js';
import type { Span } from '../../types/span.js';

/**
 * How long after an answer the next request still counts as its consequence, in milliseconds. Tauri answers an invoke
 * in two tasks, a framework may render in a third; a person who acts again takes longer.
 */
const LINGER = 100;

/** A click or a page load. It becomes a span only if it causes recorded work. */
export interface Cause {
  /** What is active in the code that it has caused. Asking for its context is a consequence. */
  readonly active: Active;
  /** Its span, if it has one. */
  readonly span: Span | undefined;
  /** Its span, started now if there is none. */
  start(): Span;
  /** Keeps the span open until `answer` has settled. What is returned settles as it does, so that a rejection that nobody handles is reported. */
  waitFor<Answer>(answer: Promise<Answer>): Promise<Answer>;
  /** Says that it is over: the span ends with the last of the answers. */
  finish(): void;
  /** Ends the span now, whatever is still waited for. */
  end(): void;
}

/** `startSpan` is called once at most. `ended` is called when the span has ended. */
export function createCause(
  startSpan: () => Span,
  now: () => number,
  ended: (span: Span) => void,
): Cause {
  let span: Span | undefined;
  let waiting = 0;
  let endTime: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isFinished = false;
  let isEnded = false;

  function end(): void {
    clearTimeout(timer);
    if (!span || isEnded) return;
    isEnded = true;
    span.end(waiting ? now() : endTime);
    ended(span);
  }

  function lookForEnd(): void {
    if (!span || !isFinished || waiting) return;
    endTime = now();
    timer = setTimeout(end, LINGER);
  }

  function settled(): void {
    waiting--;
    lookForEnd();
  }

  function start(): Span {
    if (!span) {
      span = startSpan();
      lookForEnd();
    }
    return span;
  }

  return {
    active: {
      spanContext: () => start().spanContext(),
      get span() {
        return span;
      },
    },
    get span() {
      return span;
    },
    start,
    waitFor(answer) {
      waiting++;
      clearTimeout(timer);
      return Promise.resolve(answer).finally(settled);
    },
    finish() {
      isFinished = true;
      lookForEnd();
    },
    end,
  };
}
