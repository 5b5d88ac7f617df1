import { findKernel } from '../api/findKernel.js';
import type { Kernel } from '../kernel/types/kernel.js';

/**
 * What an SDK of OpenTelemetry exports to.
 *
 * @example
 * ```ts
 * const processor = new SimpleSpanProcessor(spanExporter);
 * ```
 */
export interface PageExporter<Item> {
  /** Takes what has ended. The result is that of the SDK: code 0 is success, 1 a failure. */
  export(
    items: Item[],
    resultCallback: (result: { code: number; error?: Error }) => void,
  ): void;
  /** Sends what was taken over; resolves when it is delivered or given up. */
  forceFlush(): Promise<void>;
  /** The same: the telemetry of the page goes on. */
  shutdown(): Promise<void>;
}

/** An exporter that hands each item to `take`. */
export function createExporter<Item>(
  take: (kernel: Kernel, item: Item) => void,
): PageExporter<Item> {
  const forceFlush = async () => findKernel()?.flush();
  return {
    export(items, resultCallback) {
      const kernel = findKernel();
      // Telemetry that is off is no failure, which an SDK would report.
      if (kernel) for (const item of items) take(kernel, item);
      resultCallback({ code: 0 });
    },
    forceFlush,
    shutdown: forceFlush,
  };
}
