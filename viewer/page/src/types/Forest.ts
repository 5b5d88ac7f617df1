/** The spans of one trace as columns: what the layouts and the canvas read. Index i of each column is span i. */
export interface Forest {
  /** How many spans there are. */
  readonly count: number;
  /** The index of the parent, or -1: it has none, or it did not arrive. */
  readonly parent: Int32Array;
  /** Indices of the children, by start. */
  readonly children: readonly (readonly number[])[];
  /** Indices of the spans without a parent here, by start. */
  readonly roots: readonly number[];
  /** Nanoseconds since the start of the trace. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** Nanoseconds in which no child ran. */
  readonly self: Float64Array;
  /** Index into the lanes of the trace. */
  readonly lane: Uint16Array;
}
