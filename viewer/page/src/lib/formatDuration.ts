import { durationUnit } from './durationUnit';

/** A duration in nanoseconds as people read it: three significant digits, and minutes from 60 s on. */
export function formatDuration(nanoseconds: number): string {
  if (!Number.isFinite(nanoseconds)) return '–';
  if (nanoseconds < 0) return `−${formatDuration(-nanoseconds)}`;
  if (nanoseconds === 0) return '0';
  const seconds = nanoseconds / 1e9;
  if (seconds >= 3600)
    return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} min`;
  if (seconds >= 60)
    return `${Math.floor(seconds / 60)} min ${pad(Math.floor(seconds % 60))} s`;
  const [size, unit] = durationUnit(nanoseconds);
  const value = nanoseconds / size;
  const digits = size === 1 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${unit}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
