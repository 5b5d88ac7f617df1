import type { AttributeValue } from '../bindings/AttributeValue.js';
import type { StatusCode } from '../bindings/StatusCode.js';
import type { Attributes } from './attributes.js';
import type { InvokeArgs, InvokeOptions } from './invoke.js';
import type { SpanContext } from './spanContext.js';
import type { TimeInput } from './timeInput.js';

/**
 * One piece of work in a trace. After `end()` it can still be a parent, but records nothing more.
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
  isRecording(): boolean;
  /** The ids of this span. */
  spanContext(): SpanContext;
  /** Adds or replaces one attribute. */
  setAttribute(key: string, value: AttributeValue): this;
  /** Adds or replaces several attributes. */
  setAttributes(attributes: Attributes): this;
  /** Notes that something happened, by default now. At most 128 events are kept. */
  addEvent(name: string, attributes?: Attributes, time?: TimeInput): this;
  /** Adds an event `exception` with the error's type, message and stack. */
  recordException(error: unknown): this;
  /** Says how the work came out. The last call wins. */
  setStatus(code: StatusCode, message?: string): this;
  /** Replaces the name. */
  updateName(name: string): this;
  /** Ends the span, by default now, and hands it to the next batch. The first call wins. */
  end(endTime?: TimeInput): void;
  /** Makes this span current for the synchronous part of `fn`. */
  run<T>(fn: () => T): T;
  /** Like `telemetry.withSpan`, with this span as the parent. */
  withSpan<T>(name: string, fn: (span: Span) => T): T;
  withSpan<T>(
    name: string,
    attributes: Attributes | undefined,
    fn: (span: Span) => T,
  ): T;
  /** Calls a command as a child of this span. */
  invoke<T>(
    cmd: string,
    args?: InvokeArgs,
    options?: InvokeOptions,
  ): Promise<T>;
}
