import { isError } from '../lib/isError.js';
import { isThenable } from '../lib/isThenable.js';
import { tagOf } from '../lib/tagOf.js';
import type { Span } from '../types/span.js';
import { followGenerator, isGenerator } from './followGenerator.js';
import { followThenable } from './followThenable.js';

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
  if (isPromise(result)) result.then(end, endFailed);
  else if (isThenable(result)) followThenable(result, span, end, endFailed);
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

/** Whether to call `then` has no effect but the calls of its callbacks. */
function isPromise(value: unknown): value is Promise<unknown> {
  return tagOf(value) === '[object Promise]';
}
