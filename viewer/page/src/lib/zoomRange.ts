import { clamp } from './clamp';

/** The least that can be seen at once, in nanoseconds. */
const MIN = 50;

/** A stretch of time made shorter (`factor` below 1) or longer around a time that stays where it is, within `[0, width]`. */
export function zoomRange(
  [from, to]: readonly [number, number],
  around: number,
  factor: number,
  width: number,
): readonly [number, number] {
  const length = clamp((to - from) * factor, Math.min(MIN, width), width);
  const share = (around - from) / (to - from);
  const start = clamp(around - share * length, 0, width - length);
  return [start, start + length];
}
