import type { StatusCode } from '../bindings/StatusCode.js';

/**
 * How a piece of work came out: `ok` or `error`, or an object as `@opentelemetry/api` has it, whose
 * code is 0 (unset), 1 (ok) or 2 (error).
 *
 * @example
 * ```ts
 * span.setStatus('error', 'the disk is full');
 * span.setStatus({ code: SpanStatusCode.ERROR, message: 'the disk is full' });
 * ```
 */
export type StatusInput =
  StatusCode | number | { code: StatusCode | number; message?: string };
