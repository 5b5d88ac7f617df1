import type { Gap } from '../bindings/Gap';
import type { Layout } from './Layout';
import type { Palette } from './Palette';
import type { Parts } from './Parts';

/** All that a frame of the timeline shows. Lengths are CSS pixels, times those of the layout. */
export interface Scene {
  readonly layout: Layout;
  readonly palette: Palette;
  /** Top of each row, and the height of all of them. */
  readonly rowTop: Float64Array;
  readonly width: number;
  readonly height: number;
  /** Width of the column of titles on the left. */
  readonly gutter: number;
  readonly scrollTop: number;
  /** The visible stretch of time. */
  readonly from: number;
  readonly to: number;
  readonly gaps: readonly Gap[];
  /** The name of a span. */
  readonly nameOf: (span: number) => string;
  readonly failed: Uint8Array;
  /** Stretches of each span on the critical path, as pairs of times. */
  readonly critical: ReadonlyMap<number, readonly number[]>;
  /** The parts of those spans that are invokes. */
  readonly parts: ReadonlyMap<number, Parts>;
  /** Boxes that do not match the search are dimmed: 1 for each span that matches; absent without a search. */
  readonly matches?: Uint8Array | undefined;
  /** The selected span and the one under the pointer, or -1. */
  readonly selected: number;
  readonly hovered: number;
  /** The selected span, its ancestors and its children, drawn as connected. */
  readonly related: readonly (readonly [number, number])[];
}
