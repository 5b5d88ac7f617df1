const UNITS: readonly [number, string][] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
];

/**
 * A duration in nanoseconds as people read it: three significant digits, and minutes from 60 s on. `like` is a duration whose unit is to be
 * used, so that the ticks of an axis have one unit.
 */
export function formatDuration(
  nanoseconds: number,
  like: number = nanoseconds,
): string {
  if (!Number.isFinite(nanoseconds)) return '–';
  if (nanoseconds < 0)
    return `−${formatDuration(-nanoseconds, Math.abs(like))}`;
  if (nanoseconds === 0) return '0';
  const seconds = nanoseconds / 1e9;
  if (seconds >= 3600)
    return `${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} min`;
  if (seconds >= 60)
    return `${Math.floor(seconds / 60)} min ${pad(Math.floor(seconds % 60))} s`;
  // 999.6 µs is 1 ms, not 1000 µs.
  const [size, unit] = UNITS.find(([size]) => like / size >= 0.9995) ?? [
    1,
    'ns',
  ];
  const value = nanoseconds / size;
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${trimZeros(value.toFixed(size === 1 ? 0 : digits))} ${unit}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
