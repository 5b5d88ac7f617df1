import { formatDate } from './formatDate';
import { formatTime } from './formatTime';

const DAY = 86_400_000;

/** The ticks of an axis in epoch milliseconds: the time of day, or the day where one begins or ticks are days apart. */
export function formatTimeTicks(
  ticks: readonly number[],
  now: number,
): string[] {
  const [first = 0, second = first] = ticks;
  return ticks.map((tick) => {
    const time = formatTime(tick, 0);
    return second - first >= DAY || time === '00:00:00'
      ? formatDate(tick, now)
      : time;
  });
}
