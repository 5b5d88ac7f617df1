import type { Run } from '../bindings/Run';
import { formatTime } from './formatTime';
import { visibleText } from './visibleText';

/** A side of a comparison in words. */
export function describeSide(
  side: Record<string, string>,
  runs: readonly Run[],
): string {
  const { run: id, start, end, ...filters } = side;
  const run = runs.find((run) => (id ? run.id === id : run.current));
  const time = (text: string) => formatTime(Number(text), 0);
  return [
    visibleText(run?.name || id || 'now'),
    ...Object.entries(filters).map(([name, value]) =>
      visibleText(`${name} ${value}`),
    ),
    start && `from ${time(start)}`,
    end && `until ${time(end)}`,
  ]
    .filter(Boolean)
    .join(', ');
}
