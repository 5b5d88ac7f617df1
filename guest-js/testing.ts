export { recordTelemetry } from './testing/recordTelemetry.js';
export type { RecordedTelemetry } from './testing/recordTelemetry.js';
export type { PageLog, PageMeasurement } from './kernel/types/batch.js';
export type { PageSpan } from './bindings/PageSpan.js';
