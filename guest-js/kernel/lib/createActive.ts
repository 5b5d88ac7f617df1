import type { Active } from '../types/kernel.js';
import { parseTraceparent } from './parseTraceparent.js';

/** Says what the running code is part of, if it knows that: as a `traceparent`, or as something that can be active. */
type ContextSource = () => string | Active | undefined;

/** What is active while code runs. */
export interface ActiveContext {
  get(): Active | undefined;
  set(next: Active | undefined): Active | undefined;
  setSource(source: ContextSource): ContextSource | undefined;
}

/** The active span of a page, or that of a frontend which keeps its own. */
export function createActive(): ActiveContext {
  let active: Active | undefined;
  let source: ContextSource | undefined;

  return {
    get() {
      if (active || !source) return active;
      const found = source();
      if (typeof found !== 'string') return found;
      const context = parseTraceparent(found);
      return context && { spanContext: () => context };
    },
    set(next) {
      const previous = active;
      active = next;
      return previous;
    },
    setSource(next) {
      const previous = source;
      source = next;
      return previous;
    },
  };
}
