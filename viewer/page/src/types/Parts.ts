/** One part of an invoke. */
export interface Part {
  readonly name: 'page' | 'IPC' | 'queue' | 'body' | 'return';
  readonly duration: number;
  /** Where it is drawn, in nanoseconds since the start of the trace. */
  readonly from: number;
  /** What colour it has: that of the caller's lane, of the called lane, or grey. */
  readonly colour: 'caller' | 'called' | 'grey';
}

export type Parts = readonly (Part & { readonly lane: number })[];
