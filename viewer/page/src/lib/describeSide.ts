import type { Run } from '../bindings/Run';
import { formatWhen } from './formatWhen';
import { visibleText } from './visibleText';

/** A side of a comparison in words; with its time where another run has the same name. */
export function describeSide(
  side: Record<string, string>,
  runs: readonly Run[],
  now: number,
): string {
  const { run: id, start, end, ...filters } = side;
  const run = runs.find((run) => (id ? run.id === id : run.current));
  const time = (text: string | number) => formatWhen(Number(text), now, 0);
  const namesakes = runs.filter(({ name }) => name === run?.name);
  return [
    visibleText(run?.name || id || 'now'),
    run && namesakes.length > 1 && `begun ${time(run.startedAt)}`,
    ...Object.entries(filters).map(([name, value]) =>
      visibleText(`${name} ${value}`),
    ),
    start && `from ${time(start)}`,
    end && `until ${time(end)}`,
  ]
    .filter(Boolean)
    .join(', ');
}
