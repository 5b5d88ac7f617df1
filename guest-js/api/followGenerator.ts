import { tagOf } from '../lib/tagOf.js';
import type { Span } from '../types/span.js';

/** A generator of either kind: its methods return results, or promises of them. */
type AnyGenerator = Record<
  'next' | 'return' | 'throw',
  (value: unknown) => Result | PromiseLike<Result>
>;

interface Result {
  readonly done?: boolean;
}

/** Whether `value` is what a generator function or an asynchronous one returns. */
export function isGenerator(value: unknown): value is AnyGenerator {
  return /^\[object (?:Async)?Generator\]$/.test(tagOf(value));
}

/**
 * Calls `end` when the generator is done, or `fail` when it fails. The body of a generator runs piece by piece, each
 * time it is asked for a value, and the span is active for the synchronous part of each piece.
 */
export function followGenerator(
  generator: AnyGenerator,
  span: Span,
  end: (value: unknown) => void,
  fail: (error: unknown) => void,
): void {
  const settle = (result: Result): void => {
    if (result.done) end(generator);
  };
  for (const method of ['next', 'return', 'throw'] as const) {
    const original = generator[method];
    generator[method] = (value) => {
      try {
        const result = span.run(() => original.call(generator, value));
        if ('then' in result) result.then(settle, fail);
        else settle(result);
        return result;
      } catch (error) {
        fail(error);
        throw error;
      }
    };
  }
}
