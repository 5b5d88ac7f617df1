import type { PageBatch } from '../../bindings/PageBatch.js';
import type { PageLog } from '../../bindings/PageLog.js';
import type { PageMeasurement } from '../../bindings/PageMeasurement.js';
import type { PageScope as SentScope } from '../../bindings/PageScope.js';
import type { PageSpan } from '../../bindings/PageSpan.js';

export type { PageLog, PageMeasurement };

/** Who made an item: the name of an instrumentation and, if it has one, its version. */
export interface PageScope extends Readonly<Omit<SentScope, 'version'>> {
  readonly version?: string | undefined;
}

/** What a batch carries of each signal. */
export interface SignalItem {
  spans: PageSpan;
  logs: PageLog;
  metrics: PageMeasurement;
}

/** The signals, under the names that they have in a batch. */
export type SignalName = keyof SignalItem;

/** The members of a batch that it may lack. A member that is `undefined` is left out of the JSON. */
type Optional = 'attributes' | 'logs' | 'metrics';

/** What is sent: the items of all signals, and what they have in common. */
export type Batch = Omit<PageBatch, Optional | 'scopes'> & {
  [Member in Optional]?: PageBatch[Member] | undefined;
} & { scopes?: readonly PageScope[] | undefined };
