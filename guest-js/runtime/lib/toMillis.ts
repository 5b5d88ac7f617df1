import type { TimeInput } from '../../types/timeInput.js';
import { now } from './now.js';
import { EARLIEST } from './times.js';

/** The time as milliseconds since the Unix epoch, or now when it is none. */
export function toMillis(time: TimeInput | undefined): number {
  const millis = Number(time);
  return millis > EARLIEST && isFinite(millis) ? millis : now();
}
