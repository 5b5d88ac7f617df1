import {
  createNoopMeter,
  type Meter,
  type MeterProvider,
} from '@opentelemetry/api';
import { createMeter } from '../api/createMeter.js';
import { findKernel } from '../api/findKernel.js';

/**
 * Makes the meters of `@opentelemetry/api` in this page. What counters, up-down counters, histograms and gauges measure
 * is aggregated in Rust. Observable instruments do nothing: nobody asks a page for its values.
 *
 * @example
 * ```ts
 * import { metrics } from '@opentelemetry/api';
 * import { meterProvider } from 'tauri-plugin-opentelemetry-api/otel';
 *
 * metrics.setGlobalMeterProvider(meterProvider);
 * ```
 */
export const meterProvider: MeterProvider = {
  getMeter(name, version) {
    const meter = createMeter(name, version);
    const noop = createNoopMeter();
    const observable = <Name extends keyof Meter>(method: Name): Meter[Name] =>
      ((instrument: string, options: object) => {
        findKernel()?.warn(
          `the observable instrument ${instrument} measures nothing, because nobody asks a page for its values.`,
        );
        return (noop[method] as (name: string, options: object) => unknown)(
          instrument,
          options,
        );
      }) as Meter[Name];
    return {
      createCounter: meter.counter,
      createUpDownCounter: meter.upDownCounter,
      createHistogram: meter.histogram,
      createGauge: meter.gauge,
      createObservableCounter: observable('createObservableCounter'),
      createObservableUpDownCounter: observable(
        'createObservableUpDownCounter',
      ),
      createObservableGauge: observable('createObservableGauge'),
      addBatchObservableCallback() {},
      removeBatchObservableCallback() {},
    } as Meter;
  },
};
