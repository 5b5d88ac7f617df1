/** An SVG path of values as an area from left to right, in a box of this size. */
export function sparkline(
  values: readonly number[],
  width: number,
  height: number,
): string {
  if (values.length < 2) return '';
  const max = values.reduce((max, value) => Math.max(max, value), 0) || 1;
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * width;
    const y = height - (value / max) * (height - 1);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return `M0,${height} L${points.join(' L')} L${width},${height} Z`;
}
