export { invoke } from './invoke.js';
export { telemetry } from './telemetry.js';
export { traced } from './traced.js';
export type { SpanKind } from './bindings/SpanKind.js';
export type { StatusCode } from './bindings/StatusCode.js';
export type { Attributes, AttributeValue } from './types/attributes.js';
export type { Invoke, InvokeArgs, InvokeOptions } from './types/invoke.js';
export type { Logger, WriteLog } from './types/logger.js';
export type {
  Counter,
  InstrumentOptions,
  Meter,
  Recorder,
} from './types/meter.js';
export type { Span } from './types/span.js';
export type { SpanContext } from './types/spanContext.js';
export type {
  SpanContextLike,
  SpanLink,
  SpanOptions,
  SpanParent,
} from './types/spanOptions.js';
export type { StatusInput } from './types/statusInput.js';
export type { Telemetry } from './types/telemetry.js';
export type { TimeInput } from './types/timeInput.js';
export type { WithSpan } from './types/withSpan.js';
