import type { PageBatch } from '../../bindings/PageBatch.js';

/** The signals, under the names that they have in a batch. */
export type SignalName = 'spans' | 'logs' | 'metrics';

/** What a batch carries of each signal. */
export type SignalItem = {
  [Name in SignalName]: NonNullable<PageBatch[Name]>[number];
};
