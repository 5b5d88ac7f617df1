import { signal } from '@preact/signals';

/** A key and what it does. */
export interface Shortcut {
  /** As `KeyboardEvent.key` names it. */
  readonly key: string;
  /** How the help shows the key, where that differs. */
  readonly shown?: string;
  readonly does: string;
  readonly run: () => void;
}

/** The shortcuts that hold now, in groups; a later group wins. */
export const shortcuts = signal<readonly (readonly Shortcut[])[]>([]);
