import type { Attributes } from '../../bindings/Attributes.js';
import type { PageSpan } from '../../bindings/PageSpan.js';
import type { Invoke } from '../../types/invoke.js';
import type { SpanContext } from '../../types/spanContext.js';
import type { SignalItem, SignalName } from './batch.js';

/**
 * What the plugin puts at `window.__TAURI_OPENTELEMETRY__`: the part of telemetry that every page
 * of an app carries. The span API of the npm package is built on it, and so can be a frontend in
 * Rust: all that such a frontend needs are plain functions on plain data, without overloads and without `this`.
 *
 * Strings in what it is given must be well-formed UTF-16, and values what JSON knows: the kernel
 * encodes its input as it is.
 */
export interface Kernel {
  /** The version of the crate that has injected it. */
  readonly version: string;

  /** Milliseconds since the Unix epoch, on a clock that never runs backwards. */
  readonly now: () => number;

  /**
   * The context of a new span: fresh ids and the sampling decision. Without a parent the span
   * starts a trace, and the app's ratio decides; a child is sampled like its parent.
   */
  readonly newContext: (parent: SpanContext | undefined) => SpanContext;

  /** Changes the share of traces that are recorded among those that this page starts, from 0 to 1. */
  readonly setSampling: (ratio: number) => void;

  /** What is active while the code that asks runs: the default parent of spans and invokes. */
  readonly active: () => Active | undefined;

  /**
   * Replaces what is active and returns what was. Whoever calls it puts the old one back before
   * control returns to the browser.
   */
  readonly setActive: (next: Active | undefined) => Active | undefined;

  /**
   * Registers a context source: a function that the kernel calls while no span is active here, for a
   * frontend that keeps its own context. The source returns a `traceparent` or the active span. The
   * kernel calls only the source that was registered last. Returns the source that was registered
   * before, which the new one calls when it has no context itself.
   */
  readonly setContextSource: (
    source: () => string | Active | undefined,
  ) => (() => string | Active | undefined) | undefined;

  /**
   * Takes note of a sampled span that has started. If the page is left before `endSpan`, the span
   * is sent as it is then, with the attribute `span.unfinished`.
   */
  readonly openSpan: (span: PageSpan) => void;

  /** Whether a span was opened and has not ended. */
  readonly isOpen: (span: PageSpan) => boolean;

  /** Ends an open span and queues it. Does nothing for a span that is not open. */
  readonly endSpan: (span: PageSpan, endTime: number) => void;

  /** Queues a finished span, a log record or a measurement for the next batch. */
  readonly emit: <Name extends SignalName>(
    signal: Name,
    item: SignalItem[Name],
  ) => void;

  /**
   * The number of an instrumentation scope, for the member `scope` of what is emitted. `undefined`,
   * which stands for the npm package, when 32 scopes exist already.
   */
  readonly scope: (name: string, version?: string) => number | undefined;

  /**
   * Sets the attributes of everything this page emits from now on, in place of those set before.
   * What is queued is sent first, with the old ones.
   */
  readonly setBatchAttributes: (attributes: Attributes) => void;

  /** Calls a command inside a CLIENT span, a child of what is active. */
  readonly invoke: Invoke;

  /** The `fetch` that the page had before anything wrapped it. */
  readonly rawFetch: typeof fetch;

  /**
   * Registers a function that is called whenever the page is hidden or left, before the queue is
   * sent: the last moment to emit. Returns a function that takes it back.
   */
  readonly onLeave: (callback: () => void) => () => void;

  /** Sends what is queued, and resolves when it is delivered or given up. Never rejects. */
  readonly flush: () => Promise<void>;

  /** Writes a warning to the console, each text once per page. */
  readonly warn: (message: string) => void;

  /**
   * The errors that are recorded already. Here, because the injected instrumentations and each bundle with the npm
   * package have code of their own, and an error may pass through all of them.
   */
  readonly reported: WeakSet<object>;
}

/** Something that can be active: a span, or anything else that may have the context of one. */
export interface Active {
  /** `undefined` stands for no span: what begins now begins a trace. */
  readonly spanContext: () => SpanContext | undefined;
  /** The span, if this object only stands for it. */
  readonly span?: unknown;
}
