import type { SpanKind } from '../bindings/SpanKind.js';
import type { Attributes } from './attributes.js';
import type { SpanContext } from './spanContext.js';
import type { TimeInput } from './timeInput.js';

/**
 * Whatever can be the parent of a span: a span, its context, or a W3C `traceparent` string.
 *
 * @example
 * ```ts
 * const parent: SpanParent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
 * ```
 */
export type SpanParent =
  string | SpanContextLike | { readonly spanContext: () => SpanContextLike };

/**
 * The ids of a span, of this package or of `@opentelemetry/api`, whose `traceState` is an object.
 *
 * @example
 * ```ts
 * const parent: SpanContextLike = trace.getActiveSpan().spanContext();
 * ```
 */
export interface SpanContextLike extends Pick<
  SpanContext,
  'traceId' | 'spanId' | 'traceFlags'
> {
  /** The W3C `tracestate` of the trace, when it has one. */
  readonly traceState?: string | { serialize(): string } | undefined;
}

/**
 * A span of the same or another trace that this one has to do with, without being its child.
 *
 * @example
 * ```ts
 * const link: SpanLink = { context: enqueueSpan, attributes: { queue: 'outbox' } };
 * ```
 */
export interface SpanLink {
  /** The span that is pointed to. An invalid one drops the link. */
  readonly context: SpanParent;
  /** What the link says about itself. */
  readonly attributes?: Attributes;
}

/**
 * What the everyday form of `startSpan` leaves to defaults.
 *
 * @example
 * ```ts
 * telemetry.startSpan('render', {}, { parent: click, startTime: event.timeStamp + performance.timeOrigin });
 * ```
 */
export interface SpanOptions {
  /**
   * The span's role in the trace, or its number in `SpanKind` of `@opentelemetry/api`. Default:
   * `internal`.
   */
  readonly kind?: SpanKind | number;
  /**
   * The parent. Default: the active span. An invalid one makes the span a root: a wrong parent is
   * worse than none.
   */
  readonly parent?: SpanParent;
  /** Starts a new trace, whatever span is active. Default: `false`. */
  readonly root?: boolean;
  /** Other spans that this one has to do with, at most 128. */
  readonly links?: readonly SpanLink[];
  /** When the span began. Default: now. */
  readonly startTime?: TimeInput;
}
