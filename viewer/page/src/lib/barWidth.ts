/** The width of a duration's bar in CSS pixels, on a logarithmic scale: durations of a list differ by a factor of thousands. */
export function barWidth(duration: number, longest: number): number {
  const decades = Math.log10(Math.max(longest, 1) / Math.max(duration, 1));
  return Math.max(3, 96 * (1 - decades / 5));
}
