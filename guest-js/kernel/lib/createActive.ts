import type { Active } from '../types/kernel.js';
import { parseTraceparent } from './parseTraceparent.js';

/** What is active while code runs. */
export interface ActiveContext {
  get(): Active | undefined;
  set(next: Active | undefined): Active | undefined;
  setSource(source: () => string | undefined): void;
}

/** The active span of a page, or that of a frontend which keeps its own. */
export function createActive(): ActiveContext {
  let active: Active | undefined;
  let source: (() => string | undefined) | undefined;

  return {
    get() {
      if (active || !source) return active;
      const context = parseTraceparent(source() ?? '');
      return context && { spanContext: () => context };
    },
    set(next) {
      const previous = active;
      active = next;
      return previous;
    },
    setSource(next) {
      source = next;
    },
  };
}
