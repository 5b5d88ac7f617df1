import { context, trace, type Context } from '@opentelemetry/api';
import { findKernel } from '../api/findKernel.js';
import { readParent } from '../lib/readParent.js';
import { toMillis } from '../lib/toMillis.js';
import type { TimeInput } from '../types/timeInput.js';
import { toPageLog } from './logRecord.js';
import { readTime } from './readTime.js';

/**
 * A log record of `@opentelemetry/api` and of `@opentelemetry/api-logs`, which differ in the types of values only.
 *
 * @example
 * ```ts
 * const record: OtelLogRecord = { eventName: 'shop.sold', attributes: { amount: 3 } };
 * ```
 */
export interface OtelLogRecord {
  /** The name of an event. */
  readonly eventName?: string;
  /** When it happened. Default: now. */
  readonly timestamp?: TimeInput;
  /** From 1 (`TRACE`) to 24 (`FATAL4`). Default: 9 (`INFO`). */
  readonly severityNumber?: number;
  /** What it says. Anything but a string becomes JSON. */
  readonly body?: unknown;
  /** What it says about itself. Objects become JSON. */
  readonly attributes?: object;
  /** An error, recorded as `exception.*` attributes. */
  readonly exception?: unknown;
  /** The context whose span it belongs to. Default: the active one. */
  readonly context?: Context;
}

/**
 * The part of a logger provider that `@opentelemetry/api` and `@opentelemetry/api-logs` have in common.
 *
 * @example
 * ```ts
 * const provider: OtelLoggerProvider = loggerProvider;
 * ```
 */
export interface OtelLoggerProvider {
  getLogger(
    name: string,
    version?: string,
  ): { emit(record: OtelLogRecord): void; enabled(): boolean };
}

/**
 * Makes the loggers of `@opentelemetry/api` (from 1.10) and of `@opentelemetry/api-logs` in this page: their records go
 * into the pipeline of the app.
 *
 * @example
 * ```ts
 * import { logs } from '@opentelemetry/api';
 * import { loggerProvider } from 'tauri-plugin-opentelemetry-api/otel';
 *
 * logs.setGlobalLoggerProvider(loggerProvider);
 * ```
 */
export const loggerProvider: OtelLoggerProvider = {
  getLogger: (name, version) => ({
    emit(record) {
      const kernel = findKernel();
      if (!kernel) return;
      const { timestamp, context: around = context.active() } = record;
      const given = trace.getSpanContext(around);
      kernel.emit(
        'logs',
        toPageLog(
          record,
          toMillis(readTime(timestamp), kernel.now),
          given && readParent(given),
          kernel.scope(name, version),
        ),
      );
    },
    enabled: () => findKernel() !== undefined,
  }),
};
