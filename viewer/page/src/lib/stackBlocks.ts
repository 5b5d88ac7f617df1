/** Rows that belong together, and the time that they take. */
export interface Block {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
}

/**
 * Gives each block the first rows in which nothing else is at its time. Blocks come by their begin. Gives the first row of each, and the
 * number of rows that all of them take.
 */
export function stackBlocks(blocks: readonly Block[]): {
  tops: number[];
  rows: number;
} {
  /** When each row is free again. */
  const free: number[] = [];
  /** No row is free before this; lets thousands of blocks that run at once be stacked without a look at every row for each. */
  let earliest = Infinity;
  const tops = blocks.map(({ from, to, rows }) => {
    let top = free.length;
    if (earliest <= from) {
      let run = 0;
      earliest = Infinity;
      for (let row = 0; row < free.length && run < rows; row += 1) {
        const end = free[row] ?? 0;
        earliest = Math.min(earliest, end);
        run = end <= from ? run + 1 : 0;
        if (run === rows) top = row - rows + 1;
      }
      // Rows at the bottom that are free can be continued by new ones.
      if (run < rows) top = free.length - run;
      else earliest = -Infinity;
    }
    // At least a nanosecond: two spans without a duration at one time are two boxes.
    const end = Math.max(to, from + 1);
    for (let row = top; row < top + rows; row += 1) free[row] = end;
    earliest = Math.min(earliest, end);
    return top;
  });
  return { tops, rows: free.length };
}
