import { isError } from '../lib/isError.js';
import { isThenable } from '../lib/isThenable.js';
import { tagOf } from '../lib/tagOf.js';
import type { Span } from '../types/span.js';
import { followGenerator, isGenerator } from './followGenerator.js';
import { followThenable } from './followThenable.js';

/**
 * Runs `fn` inside `span`, and calls `end` when `fn` returns, when its promise is fulfilled, or when its generator is
 * done; `fail` when it throws or rejects. By default these end the span. What `fn` returns is returned as it is.
 */
export function runInSpan<T>(
  span: Span,
  fn: (span: Span) => T,
  end: (value?: unknown) => void = () => span.end(),
  fail: (error: unknown) => void = (error) => endFailed(span, error),
): T {
  let result: T;
  try {
    result = span.run(() => fn(span));
  } catch (error) {
    fail(error);
    throw error;
  }
  if (isPromise(result)) result.then(end, fail);
  else if (isThenable(result)) followThenable(result, span, end, fail);
  else if (isGenerator(result)) followGenerator(result, span, end, fail);
  else end(result);
  return result;
}

/** Ends a span as failed. Of what was thrown only a JavaScript error is recorded. */
function endFailed(span: Span, thrown: unknown): void {
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
export function isPromise(value: unknown): value is Promise<unknown> {
  return tagOf(value) === '[object Promise]';
}
