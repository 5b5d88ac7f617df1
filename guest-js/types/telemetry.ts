import type { Attributes } from './attributes.js';
import type { Invoke } from './invoke.js';
import type { Logger } from './logger.js';
import type { Meter } from './meter.js';
import type { Span } from './span.js';
import type { SpanOptions } from './spanOptions.js';
import type { WithSpan } from './withSpan.js';

/**
 * The telemetry of this page: `window.__TAURI_OPENTELEMETRY__`, or a no-op where it is absent.
 *
 * @example
 * ```ts
 * if (telemetry.enabled) showTraceButton();
 * ```
 */
export interface Telemetry {
  /** Whether the app has telemetry on. Nothing else has to be asked: every call works either way. */
  readonly enabled: boolean;
  /** Starts a span; it lasts until its `end()`. */
  readonly startSpan: (
    name: string,
    attributes?: Attributes,
    options?: SpanOptions,
  ) => Span;
  /** Runs a function inside a span that ends when it does. */
  readonly withSpan: WithSpan;
  /**
   * The span that is active while the code that asks runs: that of the innermost `withSpan` or `run`
   * whose synchronous part it belongs to. `undefined` when there is none, or telemetry is off.
   */
  readonly activeSpan: () => Span | undefined;
  /** Calls a command as a child of the active span. */
  readonly invoke: Invoke;
  /** Writes log records of one part of the page, which its name and version say. */
  readonly logger: (name: string, version?: string) => Logger;
  /** Measures one part of the page, which its name and version say. */
  readonly meter: (name: string, version?: string) => Meter;
  /** Sends what has ended so far, and resolves when it is delivered or given up. Never rejects. */
  readonly flush: () => Promise<void>;
}
