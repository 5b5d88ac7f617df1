import type { Telemetry } from '../types/telemetry.js';
import { createLogger } from './createLogger.js';
import { createMeter } from './createMeter.js';
import { createNoopSpan } from './createNoopSpan.js';
import { findKernel } from './findKernel.js';
import { invokeTauri } from './invokeTauri.js';
import { spanOf } from './spanOf.js';
import { startSpan } from './startSpan.js';
import { functionOf, withSpan, type WithSpanArguments } from './withSpan.js';

/** The telemetry of a page: built on its kernel, and a no-op where there is none. */
export function createTelemetry(): Telemetry {
  const noopSpan = createNoopSpan();

  return Object.freeze<Telemetry>({
    get enabled() {
      return findKernel() !== undefined;
    },

    startSpan(name, attributes, options) {
      const kernel = findKernel();
      if (!kernel) return noopSpan;
      const parent = kernel.active()?.spanContext();
      return startSpan(kernel, parent, name, attributes, options);
    },

    withSpan<T>(name: string, ...rest: WithSpanArguments<T>): T {
      const kernel = findKernel();
      if (!kernel) return functionOf(rest)(noopSpan);
      return withSpan(kernel, kernel.active()?.spanContext(), name, rest);
    },

    activeSpan() {
      const kernel = findKernel();
      const active = kernel?.active();
      return kernel && active && spanOf(kernel, active);
    },

    invoke: (command, args, options) =>
      (findKernel()?.invoke ?? invokeTauri)(command, args, options),

    logger: createLogger,
    meter: createMeter,
    flush: async () => findKernel()?.flush(),
  });
}
