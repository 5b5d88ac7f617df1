import type { TimeInput } from '../../types/timeInput.js';
import { now } from './now.js';

// 1973 in milliseconds: above any `performance.now()` (a page would have to be open for three years),
// below any time that a span can have.
const EARLIEST = 1e11;

/** The time as milliseconds since the Unix epoch, or now when it is none. */
export function toMillis(time: TimeInput | undefined): number {
  const millis = Number(time);
  return millis > EARLIEST && millis < Infinity ? millis : now();
}
