import { invokeTauri } from '../api/invokeTauri.js';
import type { PageSpan } from '../bindings/PageSpan.js';
import { createKernel } from '../kernel/createKernel.js';
import type { PageLog } from '../bindings/PageLog.js';
import type { PageMeasurement } from '../bindings/PageMeasurement.js';
import type { Kernel } from '../kernel/types/kernel.js';

/**
 * What a test has recorded so far. Times are milliseconds since the Unix epoch.
 *
 * @example
 * ```ts
 * const recorded: RecordedTelemetry = recordTelemetry();
 * ```
 */
export interface RecordedTelemetry {
  /** The spans that have ended, in the order of their ends; those of invokes by this package as well. */
  readonly spans: readonly PageSpan[];
  /** The log records. */
  readonly logs: readonly PageLog[];
  /** The measurements. */
  readonly metrics: readonly PageMeasurement[];
  /** Ends the recording: telemetry is off again, or what it was before. */
  readonly stop: () => void;
}

/**
 * Turns telemetry on in a unit test, without a webview: everything that the code under test records is
 * kept here and sent nowhere. Every trace is sampled.
 *
 * An invoke calls `__TAURI_INTERNALS__.invoke`, which `mockIPC` of `@tauri-apps/api/mocks` replaces. Only the `invoke` of
 * this package makes a span here: that of `@tauri-apps/api` is traced in the app, and goes straight to the mock in a test.
 *
 * @example
 * ```ts
 * import { recordTelemetry } from 'tauri-plugin-opentelemetry-api/testing';
 *
 * const recorded = recordTelemetry();
 * await saveDocument();
 * expect(recorded.spans).toMatchObject([{ name: 'save document' }]);
 * recorded.stop();
 * ```
 */
export function recordTelemetry(): RecordedTelemetry {
  const spans: PageSpan[] = [];
  const logs: PageLog[] = [];
  const metrics: PageMeasurement[] = [];
  const { kernel } = createKernel(
    { ratio: 1, commands: [] },
    {
      invoke: invokeTauri,
      rawFetch: (input, init) => fetch(input, init),
      async send(batch) {
        spans.push(...batch.spans);
        logs.push(...(batch.logs ?? []));
        metrics.push(...(batch.metrics ?? []));
      },
    },
  );
  const page = globalThis as { __TAURI_OPENTELEMETRY__?: Kernel | undefined };
  const before = page.__TAURI_OPENTELEMETRY__;
  page.__TAURI_OPENTELEMETRY__ = kernel;

  /** What is queued is handed over before `flush` returns. */
  const upToNow = <T>(items: T[]): readonly T[] => {
    void kernel.flush();
    return items;
  };
  return {
    get spans() {
      return upToNow(spans);
    },
    get logs() {
      return upToNow(logs);
    },
    get metrics() {
      return upToNow(metrics);
    },
    stop() {
      page.__TAURI_OPENTELEMETRY__ = before;
    },
  };
}
