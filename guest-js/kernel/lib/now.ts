// Read once: a look at it takes as long as one at the clock.
const ORIGIN = performance.timeOrigin;

/**
 * Milliseconds since the Unix epoch. Unlike `Date.now()` it never runs backwards; that it goes stale
 * while the machine sleeps is corrected in Rust, by the `drift` of the batch.
 */
export function now(): number {
  return ORIGIN + performance.now();
}
