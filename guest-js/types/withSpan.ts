import type { Attributes } from './attributes.js';
import type { Span } from './span.js';
import type { SpanOptions } from './spanOptions.js';

/**
 * Runs a function inside a span that ends when it does: when it returns or throws, when its promise
 * settles, or when its generator is done. What the function returns is returned as it is. A query
 * builder runs its query when it is awaited; the span then ends with the query.
 *
 * The span is active for the synchronous part of `fn` only: after an `await`, use the span that
 * `fn` receives. When `fn` fails, the span has the status error. An `Error` is recorded as an
 * exception; any other value, such as that of a rejected invoke, is not.
 *
 * @example
 * ```ts
 * const user = await telemetry.withSpan('load user', { id }, async (span) => {
 *   const row = await span.invoke<Row>('read_user', { id });
 *   return span.withSpan('parse', () => parse(row));
 * });
 * ```
 */
export interface WithSpan {
  <T>(name: string, fn: (span: Span) => T): T;
  <T>(
    name: string,
    attributes: Attributes | undefined,
    fn: (span: Span) => T,
  ): T;
  <T>(
    name: string,
    attributes: Attributes | undefined,
    options: SpanOptions | undefined,
    fn: (span: Span) => T,
  ): T;
}
