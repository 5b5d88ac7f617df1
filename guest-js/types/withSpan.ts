import type { Attributes } from './attributes.js';
import type { Span } from './span.js';

/**
 * Runs a function inside a span that ends when it does.
 *
 * The span is current for the synchronous part of `fn` only: after an `await`, use the span that
 * `fn` receives. When `fn` throws, or its promise rejects, the exception is recorded, the status set
 * to error, and the same error thrown on.
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
}
