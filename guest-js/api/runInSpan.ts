import { isError } from '../lib/isError.js';
import type { Span } from '../types/span.js';
import { followGenerator, isGenerator } from './followGenerator.js';

/**
 * Runs `fn` inside `span`, which ends when `fn` returns or throws, when its promise settles, or when
 * its generator is done. What `fn` returns is returned as it is.
 */
export function runInSpan<T>(span: Span, fn: (span: Span) => T): T {
  let result: T;
  try {
    result = span.run(() => fn(span));
  } catch (error) {
    fail(span, error);
    throw error;
  }
  const end = () => span.end();
  const endFailed = (error: unknown) => fail(span, error);
  if (isThenable(result)) result.then(end, endFailed);
  else if (isGenerator(result)) followGenerator(result, span, endFailed);
  else end();
  return result;
}

/** Ends a span as failed. Of what was thrown only a JavaScript error is recorded. */
function fail(span: Span, thrown: unknown): void {
  if (isError(thrown)) {
    span
      .recordException(thrown)
      .setAttribute('error.type', thrown.name)
      .setStatus('error', thrown.message);
  } else {
    // The value of a rejected invoke, for instance: an error value of the app is never recorded.
    span.setStatus('error');
  }
  span.end();
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null)?.then === 'function';
}
