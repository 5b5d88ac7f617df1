import type { ComponentChildren } from 'preact';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** What is written in the cell. */
  readonly cell: (row: Row) => ComponentChildren;
  /** Its cell names the row, and is the link that opens it. Exactly one column of a table has it. */
  readonly names?: true;
  /** Numbers stand on the right. */
  readonly number?: boolean;
  /** Makes the column sortable: the largest first. */
  readonly sort?: (row: Row) => number | string;
  /** In CSS; without one the column takes what is left. */
  readonly width?: string;
}
