import { clamp } from './clamp';

/** A stretch of time moved, within `[0, width]`. */
export function panRange(
  [from, to]: readonly [number, number],
  by: number,
  width: number,
): readonly [number, number] {
  const start = clamp(from + by, 0, Math.max(0, width - (to - from)));
  return [start, start + (to - from)];
}
