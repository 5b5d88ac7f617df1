import type { Attributes } from '../../bindings/Attributes.js';
import type { PageBatch } from '../../bindings/PageBatch.js';
import type { PageSpan } from '../../bindings/PageSpan.js';

/** Who made an item: the name of an instrumentation and, if it has one, its version. */
export interface PageScope {
  readonly name: string;
  readonly version?: string | undefined;
}

/** A finished span, with the number of its scope. */
export interface ScopedSpan extends PageSpan {
  scope?: number;
}

/** A log record. Times are milliseconds since the Unix epoch, with fractions. */
export interface PageLog {
  time: number;
  /** The severity number of OpenTelemetry, from 1 (trace) to 24 (fatal). */
  severity: number;
  eventName?: string;
  body?: string;
  attributes?: Attributes;
  traceId?: string;
  spanId?: string;
  scope?: number;
}

/** One measurement, which Rust aggregates. */
export interface PageMeasurement {
  kind: 'counter' | 'upDownCounter' | 'histogram' | 'gauge';
  name: string;
  value: number;
  unit?: string;
  description?: string;
  attributes?: Attributes;
  scope?: number;
}

/** What a batch carries of each signal. */
export interface SignalItem {
  spans: ScopedSpan;
  logs: PageLog;
  metrics: PageMeasurement;
}

/** The signals, under the names that they have in a batch. */
export type SignalName = keyof SignalItem;

/** What is sent: the items of all signals, and what they have in common. */
export interface Batch extends PageBatch {
  /** Attributes of every item. */
  attributes?: Attributes | undefined;
  /** What the member `scope` of an item counts in. Absent in an item: the npm package. */
  scopes?: readonly PageScope[] | undefined;
  logs?: PageLog[] | undefined;
  metrics?: PageMeasurement[] | undefined;
}
