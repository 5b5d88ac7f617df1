/** The first index in `[0, length)` for which `isPast` holds, or `length`. `isPast` has to be false first and then true. */
export function lowerBound(
  length: number,
  isPast: (index: number) => boolean,
): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isPast(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
