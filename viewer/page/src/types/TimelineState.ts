import type { Signal } from '@preact/signals';

/** What the user changes about a timeline. */
export interface TimelineState {
  /** The selected span, or -1. */
  readonly selected: Signal<number>;
  readonly hovered: Signal<number>;
  /** The visible stretch of time. */
  readonly range: Signal<readonly [number, number]>;
  /** 1 for each span that matches the search; `undefined` without one. */
  readonly matches: Signal<Uint8Array | undefined>;
}
