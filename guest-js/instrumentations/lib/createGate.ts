/** Lets some of many things through. */
export interface Gate {
  /** How many were held back since the last that passed, or `undefined` if this one is held back. */
  pass(): number | undefined;
}

/** Lets `limit` things through in each period of so many milliseconds. */
export function createGate(
  limit: number,
  period: number,
  now: () => number,
): Gate {
  let opened = -Infinity;
  let passed = 0;
  let heldBack = 0;

  return {
    pass() {
      // One look at the clock for each thing that passes, and none for those after: a storm is what this is for.
      if (passed >= limit || !passed) {
        const time = now();
        if (time - opened >= period) {
          opened = time;
          passed = 0;
        }
      }
      if (passed >= limit) {
        heldBack++;
        return undefined;
      }
      passed++;
      const held = heldBack;
      heldBack = 0;
      return held;
    },
  };
}
