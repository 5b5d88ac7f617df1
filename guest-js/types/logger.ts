import type { Attributes } from './attributes.js';

/**
 * Writes log records of one part of the page, with the trace of the span that is active when they are written.
 *
 * The window needs the permission `opentelemetry:allow-page-logs`. Like those of the app, records below its log level
 * are kept, and sent if an error follows in their trace.
 *
 * @example
 * ```ts
 * const log = telemetry.logger('sync');
 * log.warn('the server is slow', { millis: 900 });
 * log.event('sync.done', { items: 12 });
 * ```
 */
export interface Logger {
  /** Writes a record of the severity TRACE. */
  readonly trace: WriteLog;
  /** Writes a record of the severity DEBUG. */
  readonly debug: WriteLog;
  /** Writes a record of the severity INFO. */
  readonly info: WriteLog;
  /** Writes a record of the severity WARN. */
  readonly warn: WriteLog;
  /** Writes a record of the severity ERROR. */
  readonly error: WriteLog;
  /** Writes a record of the severity FATAL. */
  readonly fatal: WriteLog;
  /** Writes an event of the severity INFO: a record with a name, which says what its attributes are. */
  readonly event: (name: string, attributes?: Attributes) => void;
}

/**
 * Writes a log record. A text is cut at 4096 characters.
 *
 * @example
 * ```ts
 * const report: WriteLog = telemetry.logger('sync').error;
 * ```
 */
export type WriteLog = (body: string, attributes?: Attributes) => void;
