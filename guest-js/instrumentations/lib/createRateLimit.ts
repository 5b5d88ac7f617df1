/** Limits how often something is recorded. */
export interface RateLimit {
  /** Returns how many were held back since the last one that passed, or `undefined` if this one is held back. */
  pass(): number | undefined;
}

/** Lets `limit` records through in each `period` of milliseconds. */
export function createRateLimit(
  limit: number,
  period: number,
  now: () => number,
): RateLimit {
  let opened = -Infinity;
  let passed = 0;
  let heldBack = 0;

  return {
    pass() {
      // The clock is read only where a new period would matter: for the first record, and once the limit is reached.
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
