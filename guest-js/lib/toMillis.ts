import type { TimeInput } from '../types/timeInput.js';

/**
 * Since the Unix epoch, in 1973: above any `performance.now()` (a page would have to be open for
 * three years), below any time that a span can have.
 */
export const EARLIEST = 1e11;

/** The time as milliseconds since the Unix epoch, or that of `now` when it is none. */
export function toMillis(
  time: TimeInput | undefined,
  now: () => number,
): number {
  if (time === undefined) return now();
  // Seconds and nanoseconds, as `@opentelemetry/api` has it.
  const millis = Array.isArray(time)
    ? Number(time[0]) * 1e3 + Number(time[1]) / 1e6
    : Number(time);
  return millis > EARLIEST && isFinite(millis) ? millis : now();
}
