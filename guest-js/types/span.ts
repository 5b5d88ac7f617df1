import type { Attributes, AttributeValue } from './attributes.js';
import type { Invoke } from './invoke.js';
import type { SpanContext } from './spanContext.js';
import type { SpanLink, SpanOptions } from './spanOptions.js';
import type { StatusInput } from './statusInput.js';
import type { TimeInput } from './timeInput.js';
import type { WithSpan } from './withSpan.js';

/**
 * One piece of work in a trace. After `end()` it can still be a parent, but records nothing more. Every
 * method works without its span as well: `promise.finally(span.end)`.
 *
 * @example
 * ```ts
 * const span = telemetry.startSpan('ui.button_click', { button: 'send' });
 * await span.invoke('send_message', { text });
 * span.end();
 * ```
 */
export interface Span {
  /** The W3C `traceparent` of this span, for any other wire. Empty when telemetry is off. */
  readonly traceparent: string;
  /** Whether anything is recorded: not when sampling left the trace out, and not after `end()`. */
  readonly isRecording: () => boolean;
  /** The ids of this span. */
  readonly spanContext: () => SpanContext;
  /** Adds or replaces one attribute. */
  readonly setAttribute: (key: string, value: AttributeValue) => Span;
  /** Adds or replaces several attributes. */
  readonly setAttributes: (attributes: Attributes) => Span;
  /** Notes that something happened, by default now. At most 128 events are kept. */
  readonly addEvent: (
    name: string,
    attributes?: Attributes,
    time?: TimeInput,
  ) => Span;
  /** Points to another span. At most 128 links are kept. */
  readonly addLink: (link: SpanLink) => Span;
  /**
   * Adds an event `exception` with the type, the message and the stack of an error and its causes. An
   * error that a span has recorded already is not recorded again.
   */
  readonly recordException: (error: unknown, time?: TimeInput) => Span;
  /** Says how the work came out. The last call wins. */
  readonly setStatus: (status: StatusInput, message?: string) => Span;
  /** Replaces the name. */
  readonly updateName: (name: string) => Span;
  /** Ends the span, by default now, and hands it to the next batch. The first call wins. */
  readonly end: (endTime?: TimeInput) => void;
  /** Makes this span active for the synchronous part of `fn`. */
  readonly run: <T>(fn: () => T) => T;
  /** Starts a child of this span. */
  readonly startSpan: (
    name: string,
    attributes?: Attributes,
    options?: SpanOptions,
  ) => Span;
  /** Like `telemetry.withSpan`, with this span as the parent. */
  readonly withSpan: WithSpan;
  /** Calls a command as a child of this span. */
  readonly invoke: Invoke;
}
