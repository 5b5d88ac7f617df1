/** The hue of the n-th line of a chart: neighbours are far apart, and none is the red of errors. */
export function seriesHue(index: number): number {
  const hues = [262, 150, 306, 82, 205, 345, 120, 235, 60, 180];
  return hues[index % hues.length] ?? 262;
}
