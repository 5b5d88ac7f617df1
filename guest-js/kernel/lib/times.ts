// In milliseconds. In a module that imports nothing, because only from those the bundler writes numbers where
// they are used.

/**
 * A batch is sent when nothing was emitted for between this long and twice as long. In that time siblings come along,
 * and a burst of invokes ends, which a batch would slow down. A window that is closed loses what its page has emitted
 * in this time.
 */
export const QUIET = 50;

/** The longest time that a batch waits for the page to be quiet: the user still looks at what caused the trace. */
export const LONGEST_WAIT = 1000;

/** The shortest time between two batches that are not full, so that a page that does a little all the time stays cheap. */
export const INTERVAL = 250;

/**
 * The first pause after Rust has refused a batch. It doubles with every refusal. Permissions can be granted while
 * the app runs, but rarely are.
 */
export const MIN_BACK_OFF = 10_000;

/** The longest pause between two refusals. */
export const MAX_BACK_OFF = 320_000;

/**
 * How long the span of a rejected fetch stays open. When a page is left, the browser rejects its fetches first, and
 * `pagehide` follows once the new page has answered. The command in Rust goes on meanwhile, so `pagehide` ends such a
 * span as unfinished. If the page is still here after this time, the span has failed.
 */
export const LEAVING = 1000;
