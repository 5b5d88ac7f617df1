import type { InstrumentKind } from '../bindings/InstrumentKind.js';
import { addAttributes } from '../lib/addAttributes.js';
import type { Counter, InstrumentOptions, Meter } from '../types/meter.js';
import { findKernel } from './findKernel.js';

/** A meter with a scope of this name. It is asked for a kernel with every measurement, as a logger is. */
export function createMeter(scope: string, version?: string): Meter {
  const instrument =
    (kind: InstrumentKind) =>
    (name: string, { unit, description }: InstrumentOptions = {}) => {
      const measure: Counter['add'] = (value, attributes) => {
        const kernel = findKernel();
        // JSON has no `NaN`, and neither has a metric.
        if (!kernel || !Number.isFinite(value)) return;
        kernel.emit('metrics', {
          kind,
          name,
          value,
          unit,
          description,
          attributes: addAttributes(undefined, attributes),
          scope: kernel.scope(scope, version),
        });
      };
      return { add: measure, record: measure };
    };

  return {
    counter: instrument('counter'),
    upDownCounter: instrument('upDownCounter'),
    histogram: instrument('histogram'),
    gauge: instrument('gauge'),
  };
}
