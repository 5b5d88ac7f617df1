import { readParent } from '../lib/readParent.js';
import { toMillis } from '../lib/toMillis.js';
import type { SpanContextLike } from '../types/spanOptions.js';
import { createExporter, type PageExporter } from './createExporter.js';
import { toPageLog } from './logRecord.js';

/**
 * A log record of an SDK of OpenTelemetry as far as it is exported: its `ReadableLogRecord`.
 *
 * @example
 * ```ts
 * const records: ExportedLogRecord[] = memoryExporter.getFinishedLogRecords();
 * ```
 */
export interface ExportedLogRecord {
  readonly hrTime: [seconds: number, nanoseconds: number];
  readonly spanContext?: SpanContextLike | undefined;
  /** From 1 (`TRACE`) to 24 (`FATAL4`). */
  readonly severityNumber?: number | undefined;
  readonly eventName?: string | undefined;
  readonly body?: unknown;
  readonly attributes: object;
  readonly instrumentationScope: { name: string; version?: string };
}

/**
 * Exports the log records of an SDK into the pipeline of the app, for those who keep their SDK. The resource of the SDK
 * is left out: in the app there is one, its own.
 *
 * @example
 * ```ts
 * import { SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
 * import { logRecordExporter } from 'tauri-plugin-opentelemetry-api/otel';
 *
 * const processors = [new SimpleLogRecordProcessor({ exporter: logRecordExporter })];
 * ```
 */
export const logRecordExporter: PageExporter<ExportedLogRecord> =
  createExporter((kernel, record) => {
    const { spanContext, instrumentationScope: scope } = record;
    kernel.emit(
      'logs',
      toPageLog(
        record,
        toMillis(record.hrTime, kernel.now),
        spanContext && readParent(spanContext),
        kernel.scope(scope.name, scope.version),
      ),
    );
  });
