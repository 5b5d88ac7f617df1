import type { TimeInput } from '@opentelemetry/api';

/** Above any `performance.now()`: a page would have to be open for three years. */
const LONGEST_PAGE = 1e11;

/** A time as our own API takes it. Unlike ours, the API of OpenTelemetry has `performance.now()` among its times. */
export function readTime(time: TimeInput | undefined): TimeInput | undefined {
  return typeof time === 'number' && time < LONGEST_PAGE
    ? performance.timeOrigin + time
    : time;
}
