import type { Span } from '../../types/span.js';
import { describeError } from './describeError.js';

/** Runs `fn` inside `span`, which ends when `fn` returns, throws, or its promise settles. */
export function runInSpan<T>(span: Span, fn: (span: Span) => T): T {
  const succeed = <V>(value: V): V => {
    span.end();
    return value;
  };
  const fail = (error: unknown): never => {
    span
      .recordException(error)
      .setStatus('error', describeError(error)['exception.message'] as string)
      .end();
    throw error;
  };
  let result: T;
  try {
    result = span.run(() => fn(span));
  } catch (error) {
    return fail(error);
  }
  const promise = result as PromiseLike<unknown> | null | undefined;
  return typeof promise?.then === 'function'
    ? (promise.then(succeed, fail) as T)
    : succeed(result);
}
