import type { Attributes } from '../../bindings/Attributes.js';
import type { SignalItem, SignalName } from './batch.js';

/** Where what a page emits waits for the next batch. */
export interface Outbox {
  /** Queues an item. When the queue is full it is dropped and counted. */
  add<Name extends SignalName>(signal: Name, item: SignalItem[Name]): void;
  /** The number of a scope in the table that batches carry, or `undefined` when the table is full. */
  scope(name: string, version?: string): number | undefined;
  /** Sends what is queued, then sets the attributes of all batches to come. */
  setAttributes(attributes: Attributes): void;
  /** Sends what is queued before it returns; resolves when it is delivered or given up. */
  flush(): Promise<void>;
}
