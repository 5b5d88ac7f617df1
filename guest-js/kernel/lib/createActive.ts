import type { Active } from '../types/kernel.js';
import { parseTraceparent } from './parseTraceparent.js';

/** Says the `traceparent` of the running code, if it knows one. */
type ContextSource = () => string | undefined;

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
      const context = parseTraceparent(source() ?? '');
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
