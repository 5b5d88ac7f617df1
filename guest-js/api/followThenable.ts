import type { Span } from '../types/span.js';

/**
 * Calls `end` or `fail` when `thenable` settles. A query builder runs its query each time that its `then` is called, so it is
 * followed only when its caller does that. `span` is active for the synchronous part of the query.
 */
export function followThenable(
  thenable: PromiseLike<unknown>,
  span: Span,
  end: (value?: unknown) => void,
  fail: (error: unknown) => void,
): void {
  const { then } = thenable;
  try {
    thenable.then = ((...callbacks) => {
      const settled = span.run(() => new Promise(then.bind(thenable)));
      settled.then(end, fail);
      return settled.then(...callbacks);
    }) as typeof then;
  } catch {
    // It is frozen, so nobody is told when it settles.
    end();
  }
}
