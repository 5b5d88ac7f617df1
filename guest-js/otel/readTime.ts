import type { TimeInput } from '@opentelemetry/api';
import { EARLIEST } from '../lib/toMillis.js';

/** A time as our own API takes it. Unlike ours, the API of OpenTelemetry has `performance.now()` among its times. */
export function readTime(time: TimeInput | undefined): TimeInput | undefined {
  return typeof time === 'number' && time <= EARLIEST
    ? performance.timeOrigin + time
    : time;
}
