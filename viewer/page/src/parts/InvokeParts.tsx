import { formatDuration } from '../lib/formatDuration';
import { formatPercent } from '../lib/formatPercent';
import { laneColour } from '../lib/laneColour';
import type { Parts } from '../types/Parts';

interface Props {
  readonly parts: Parts;
  readonly hues: readonly (number | undefined)[];
}

/** The parts of an invoke as one bar, and in numbers. */
export function InvokeParts({ parts, hues }: Props) {
  const total = parts.reduce((sum, { duration }) => sum + duration, 0) || 1;
  const colour = ({ colour, lane }: Parts[number]) =>
    laneColour(colour === 'grey' ? undefined : hues[lane]);
  return (
    <div class="split">
      <div class="split-bar" aria-hidden="true">
        {parts.map((part) => (
          <span
            key={part.name}
            class={part.name}
            style={{
              flex: `${part.duration / total} 1 0`,
              backgroundColor: colour(part),
            }}
          />
        ))}
      </div>
      <div class="split-list">
        {parts.map((part) => (
          <div key={part.name} class={part.name}>
            <i class="dot" style={{ backgroundColor: colour(part) }} />
            <span>{part.name}</span>
            <span class="number mono">{formatDuration(part.duration)}</span>
            <span class="number muted">
              {formatPercent(part.duration / total)}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}
