/** Whether a stretch of time is all there is, but for what rounding has cut off. */
export function isWhole(
  [from, to]: readonly [number, number],
  width: number,
): boolean {
  return to - from >= width * 0.999;
}
