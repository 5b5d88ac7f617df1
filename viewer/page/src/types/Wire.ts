/** The way of an invoke from the page to the core, or back, in nanoseconds since the start of the trace. */
export interface Wire {
  /** The lane between the two. */
  readonly lane: number;
  /** The span of the invoke in the page, or in the core. */
  readonly span: number;
  readonly from: number;
  readonly to: number;
  readonly response: boolean;
}
