/** What a box is: a span, or the way of an invoke between page and core. */
export const BOX_KIND = { span: 0, request: 1, response: 2 } as const;

/** A horizontal group of rows with a title. */
export interface Band {
  readonly title: string;
  /** The lane whose colour it has. */
  readonly lane: number;
  /** Index of its first row, and how many it has. */
  readonly top: number;
  readonly rows: number;
}

/**
 * Boxes in rows, computed once for a trace; the canvas only looks up what is visible. Index i of each column is box i.
 * Waterfall, tree and flame graph are three layouts of the same trace, drawn by the same canvas.
 */
export interface Layout {
  /** Left and right end of each box, in the layout's own unit (nanoseconds). */
  readonly x0: Float64Array;
  readonly x1: Float64Array;
  /** The lane whose colour the box has. */
  readonly lane: Uint16Array;
  /** The row of each box. */
  readonly row: Int32Array;
  /** The boxes of each row, by their left end; boxes of a row do not overlap. */
  readonly rows: readonly (readonly number[])[];
  readonly bands: readonly Band[];
  /** What each box is. */
  readonly kind: Uint8Array;
  /** The span that a box stands for: of a merged box, the longest. */
  readonly span: Int32Array;
  /** The box that shows a span, or -1. */
  readonly boxOf: Int32Array;
  /** In a layout with one box per row: how deep its title is indented. */
  readonly indent?: Int32Array;
  /** How many spans a box stands for, in layouts that merge. */
  readonly merged?: Uint32Array;
  /** The right end of the layout; at least 1. */
  readonly width: number;
}
