import type { Active } from '../kernel/types/kernel.js';

/** One call of an asynchronous function that the plugin for bundlers has rewritten. */
export interface Frame {
  /**
   * Whether the function has reached an `await`. From then on only the event loop is below it. Before, it runs inside of
   * its caller, whose active span is not its own to clear.
   */
  hasWaited: boolean;
}

/** How what a function awaits has settled, with what was active there. */
export class Settled {
  constructor(
    readonly context: Active,
    readonly isFulfilled: boolean,
    /** The value, or the reason of the rejection. */
    readonly result: unknown,
  ) {}
}

/** Called at the start of the function. */
export function frame(): Frame {
  return { hasWaited: false };
}
