import { formatBytes } from './formatBytes';
import { formatCount } from './formatCount';
import { formatDuration } from './formatDuration';

/** Nanoseconds in the units of UCUM for time. */
const TIMES: Record<string, number> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1 };

/** A measured value with its unit, as UCUM writes units: seconds and bytes in a size that reads well; `{invoke}` is a word. */
export function formatValue(value: number, unit: string): string {
  const time = TIMES[unit];
  if (time !== undefined) return formatDuration(value * time);
  if (unit === 'By') return formatBytes(value);
  if (unit === '1' || unit === '')
    return formatCount(Number(value.toPrecision(4)));
  const word = /^\{(.*)\}$/.exec(unit)?.[1];
  return `${formatCount(Number(value.toPrecision(4)))}${word === undefined ? ` ${unit}` : ''}`;
}
