import type { Band } from '../types/Layout';

/** The height of a row, of the space above and below the rows of a band, and of the space between bands, in CSS pixels. */
export const ROW = 22;
export const BAND_PADDING = 5;
export const BAND_GAP = 4;

/** The top of each row in CSS pixels; the last entry is the height of all rows. */
export function rowTops(rows: number, bands: readonly Band[]): Float64Array {
  const tops = new Float64Array(rows + 1);
  if (bands.length === 0) {
    for (let row = 0; row <= rows; row += 1) tops[row] = row * ROW;
    return tops;
  }
  let y = 0;
  for (const band of bands) {
    y += BAND_PADDING;
    for (let row = 0; row < band.rows; row += 1) {
      tops[band.top + row] = y;
      y += ROW;
    }
    y += BAND_PADDING + BAND_GAP;
  }
  tops[rows] = y;
  return tops;
}
