import { formatDuration } from './formatDuration';

/** A time in nanoseconds since the begin of a trace as `+5 ms`, or `−5 ms` for what was before it. */
export function formatOffset(nanoseconds: number): string {
  return `${nanoseconds < 0 ? '' : '+'}${formatDuration(nanoseconds)}`;
}
