import { isError } from '../lib/isError.js';
import { isThenable } from '../lib/isThenable.js';
import { tagOf } from '../lib/tagOf.js';
import type { Span } from '../types/span.js';
import { followGenerator, isGenerator } from './followGenerator.js';
import { followThenable } from './followThenable.js';

/**
 * Runs `fn` inside `span`, and calls `end` when `fn` returns, when its promise is fulfilled, or when its generator is
 * done; `fail` when it throws or rejects. By default these end the span. What `fn` returns is returned as it is, but a
 * promise is what `follow` makes of it.
 */
export function runInSpan<T>(
  span: Span,
  fn: (span: Span) => T,
  end: (value?: unknown) => void = () => span.end(),
  fail: (error: unknown) => void = (error) => endFailed(span, error),
  follow: Follow = listen,
): T {
  let result: T;
  try {
    result = span.run(() => fn(span));
  } catch (error) {
    fail(error);
    throw error;
  }
  if (isPromise(result)) return follow(result, end, fail) as T;
  if (isThenable(result)) followThenable(result, span, end, fail);
  else if (isGenerator(result)) followGenerator(result, span, end, fail);
  else end(result);
  return result;
}

/** Calls `end` or `fail` when a promise settles, and returns a promise that settles likewise. */
type Follow = (
  promise: Promise<unknown>,
  end: (value: unknown) => void,
  fail: (error: unknown) => void,
) => Promise<unknown>;

/** The same promise. The browser does not report its rejection as unhandled any more. */
const listen: Follow = (promise, end, fail) => {
  promise.then(end, fail);
  return promise;
};

/** Another promise, whose rejection the browser reports if nobody handles it. */
export const relay: Follow = (promise, end, fail) =>
  promise.then(
    (value) => {
      end(value);
      return value;
    },
    (error: unknown) => {
      fail(error);
      throw error;
    },
  );

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
function isPromise(value: unknown): value is Promise<unknown> {
  return tagOf(value) === '[object Promise]';
}
