/** The boxes of each row, by their left end. */
export function rowsOf(
  row: Int32Array,
  x0: Float64Array,
  count: number,
): number[][] {
  const rows: number[][] = Array.from({ length: count }, () => []);
  const byStart = Uint32Array.from(row, (_, box) => box).sort(
    (a, b) => at(x0, a) - at(x0, b) || a - b,
  );
  for (const box of byStart) rows[row[box] ?? 0]?.push(box);
  return rows;
}

function at(column: Float64Array, index: number): number {
  return column[index] ?? 0;
}
