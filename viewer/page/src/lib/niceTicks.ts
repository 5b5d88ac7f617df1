/** About `target` round values in `[from, to]`, a multiple of 1, 2 or 5 times a power of ten apart. */
export function niceTicks(from: number, to: number, target: number): number[] {
  const span = to - from;
  if (!(span > 0) || target < 1) return [];
  const rough = span / target;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  // By index and not by adding up, which would drift.
  for (let index = Math.ceil(from / step); index * step <= to; index += 1)
    ticks.push(index * step);
  return ticks;
}
