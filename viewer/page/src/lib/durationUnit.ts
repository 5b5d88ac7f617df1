const UNITS: readonly (readonly [number, string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
];

/** The unit in which a duration below a minute is read, as its nanoseconds and its name. 999.6 µs is 1 ms, not 1000 µs. */
export function durationUnit(nanoseconds: number): readonly [number, string] {
  return UNITS.find(([size]) => nanoseconds / size >= 0.9995) ?? [1, 'ns'];
}
