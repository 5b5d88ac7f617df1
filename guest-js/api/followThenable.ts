import type { Span } from '../types/span.js';

/**
 * Ends `span` when `thenable` settles. A query builder runs its query each time that its `then` is called, so it is
 * followed only when its caller does that. The span is active for the synchronous part of the query.
 */
export function followThenable(
  thenable: PromiseLike<unknown>,
  span: Span,
  fail: (error: unknown) => void,
): void {
  const { then } = thenable;
  thenable.then = ((...callbacks) => {
    const settled = span.run(() => new Promise(then.bind(thenable)));
    settled.then(() => span.end(), fail);
    return settled.then(...callbacks);
  }) as typeof then;
}
