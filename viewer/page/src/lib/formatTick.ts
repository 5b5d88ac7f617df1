import { durationUnit } from './durationUnit';
import { formatDuration } from './formatDuration';

/**
 * The time of a tick of an axis in nanoseconds, with as many digits as tell it from the next one, which is `step` later. All ticks up to
 * `last` have one unit. Minutes and hours are written where the ticks are far enough apart to differ in them.
 */
export function formatTick(tick: number, step: number, last: number): string {
  if (tick === 0) return '0';
  if (last >= 60e9 && step >= (last >= 3600e9 ? 60e9 : 1e9))
    return formatDuration(tick);
  const [size, unit] = durationUnit(last);
  const digits = Math.max(0, -Math.floor(Math.log10(step / size)));
  return `${Number((tick / size).toFixed(digits))} ${unit}`;
}
