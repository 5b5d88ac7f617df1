import { formatBytes } from '../lib/formatBytes';
import { formatWhen } from '../lib/formatWhen';
import { plural } from '../lib/plural';
import { status } from '../state/status';

/** The foot of the page: what the run holds, and every loss with its cause. */
export function Losses() {
  const now = status.value;
  if (!now) return null;
  const { counts, lost, pruned } = now;
  const removed = [
    pruned.traces > 0 &&
      `${plural(pruned.traces, 'trace')}${pruned.before === undefined ? '' : ` from before ${formatWhen(pruned.before, Date.now(), 0)}`}`,
    pruned.logs > 0 && plural(pruned.logs, 'log record'),
    pruned.metricPoints > 0 && plural(pruned.metricPoints, 'data point'),
  ].filter(Boolean);
  const losses = [
    removed.length > 0 &&
      `${removed.join(', ')} removed to stay below ${formatBytes(now.limitBytes)}`,
    lost.droppedBySenders > 0 &&
      `${plural(lost.droppedBySenders, 'item')} dropped by senders`,
    lost.refusedRequests > 0 &&
      `${plural(lost.refusedRequests, 'request')} refused: queue full`,
    lost.rejectedItems > 0 &&
      `${plural(lost.rejectedItems, 'item')} rejected: not valid`,
    lost.unwrittenItems > 0 &&
      `${plural(lost.unwrittenItems, 'item')} not written: disk full?`,
    ...now.messages,
  ].filter((text) => typeof text === 'string');
  return (
    <footer class="foot">
      <span>{plural(counts.traces, 'trace')}</span>
      <span>{plural(counts.spans, 'span')}</span>
      <span>{plural(counts.logs, 'log record')}</span>
      <span>{plural(counts.metricPoints, 'data point')}</span>
      <span class="grow" />
      {losses.map((text) => (
        <span key={text} class="loss">
          {text}
        </span>
      ))}
      <span>{formatBytes(now.bytes)}</span>
    </footer>
  );
}
