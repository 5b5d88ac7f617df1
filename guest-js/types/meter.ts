import type { Attributes } from './attributes.js';

/**
 * Makes the instruments of one part of the page. Rust aggregates what they measure, for all windows together, and
 * exports it with the metrics of the app.
 *
 * The window needs the permission `opentelemetry:allow-page-metrics`. Names are a letter and up to 254 letters, digits,
 * `_`, `.`, `-` and `/`. Attributes must have few values: what goes beyond a limit for each window is dropped and
 * counted.
 *
 * @example
 * ```ts
 * const meter = telemetry.meter('sync');
 * const items = meter.counter('sync.items', { unit: '{item}' });
 * const duration = meter.histogram('sync.duration', { unit: 'ms' });
 * items.add(12);
 * duration.record(230, { trigger: 'timer' });
 * ```
 */
export interface Meter {
  /** What only grows: the number of messages that were sent. */
  readonly counter: (name: string, options?: InstrumentOptions) => Counter;
  /** What grows and shrinks: the number of drafts that are open. */
  readonly upDownCounter: (
    name: string,
    options?: InstrumentOptions,
  ) => Counter;
  /** What is distributed: how long a step took. */
  readonly histogram: (name: string, options?: InstrumentOptions) => Recorder;
  /** What has a value at every moment: the zoom. */
  readonly gauge: (name: string, options?: InstrumentOptions) => Recorder;
}

/**
 * What an instrument says about itself, once.
 *
 * @example
 * ```ts
 * const options: InstrumentOptions = { unit: 'ms', description: 'Duration of a sync.' };
 * ```
 */
export interface InstrumentOptions {
  /** The unit, as a code of UCUM: `ms`, `By`, `{message}`. */
  readonly unit?: string;
  /** What it measures. */
  readonly description?: string;
}

/**
 * A counter of either kind.
 *
 * @example
 * ```ts
 * const sent: Counter = telemetry.meter('mail').counter('mail.sent');
 * ```
 */
export interface Counter {
  /** Adds a number. A counter that only grows takes none below zero. */
  readonly add: (value: number, attributes?: Attributes) => void;
}

/**
 * A histogram or a gauge.
 *
 * @example
 * ```ts
 * const zoom: Recorder = telemetry.meter('viewer').gauge('viewer.zoom');
 * ```
 */
export interface Recorder {
  /** Records a value. */
  readonly record: (value: number, attributes?: Attributes) => void;
}
