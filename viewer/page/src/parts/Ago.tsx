import { formatAgo } from '../lib/formatAgo';
import { formatWhen } from '../lib/formatWhen';
import { clock } from '../state/clock';

/** How long ago an epoch time in milliseconds is. */
export function Ago({ time }: { time: number }) {
  const now = clock.value;
  return <span title={formatWhen(time, now)}>{formatAgo(time, now)}</span>;
}
