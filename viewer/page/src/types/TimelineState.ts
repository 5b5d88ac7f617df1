import type { ReadonlySignal, Signal } from '@preact/signals';

/** What the user changes about a timeline. */
export interface TimelineState {
  /** The selected span: the one in the link, or else the first. */
  readonly selected: ReadonlySignal<number>;
  /** Selects a span, if there is one of that index. */
  readonly select: (span: number) => void;
  readonly hovered: Signal<number>;
  /** The visible stretch of time. */
  readonly range: Signal<readonly [number, number]>;
  /** The text that is searched for. */
  readonly search: Signal<string>;
  /** 1 for each span that matches the search; `undefined` without one. */
  readonly matches: ReadonlySignal<Uint8Array | undefined>;
}
