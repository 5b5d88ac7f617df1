import { formatDate } from './formatDate';
import { formatTime } from './formatTime';

/** The time of an epoch time in milliseconds, with its day unless that is today: `14:02:51.204`, `yesterday 14:02:51.204`. */
export function formatWhen(
  milliseconds: number,
  now: number,
  digits?: number,
): string {
  const day = formatDate(milliseconds, now);
  const time = formatTime(milliseconds, digits);
  return day === 'today' ? time : `${day} ${time}`;
}
