export { recordTelemetry } from './testing/recordTelemetry.js';
export type { RecordedTelemetry } from './testing/recordTelemetry.js';
export type { PageLog } from './bindings/PageLog.js';
export type { PageMeasurement } from './bindings/PageMeasurement.js';
export type { PageSpan } from './bindings/PageSpan.js';
