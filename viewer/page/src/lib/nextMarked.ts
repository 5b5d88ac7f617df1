/** The next index after `from` (or before it, with `step` -1) whose mark is set, around the end; -1 when none is. */
export function nextMarked(
  marks: Uint8Array,
  from: number,
  step: 1 | -1,
): number {
  const { length } = marks;
  // Without a place to begin at, forwards begins at the first and backwards at the last.
  const begin = from < 0 && step < 0 ? length : from;
  for (let distance = 1; distance <= length; distance += 1) {
    const index = (((begin + step * distance) % length) + length) % length;
    if (marks[index]) return index;
  }
  return -1;
}
