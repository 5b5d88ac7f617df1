import type { Trace } from '../bindings/Trace';
import type { Forest } from './Forest';

/** A trace as it came, with what the views look up again and again. */
export interface TraceModel {
  readonly trace: Trace;
  readonly forest: Forest;
  /** The index of a span by its id. */
  readonly indexOf: ReadonlyMap<string, number>;
  /** Hue of each lane in degrees; `undefined` is grey. */
  readonly hues: readonly (number | undefined)[];
  /** 1 for each span that failed. */
  readonly failed: Uint8Array;
}
