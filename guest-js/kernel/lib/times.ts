// In milliseconds. In a module that imports nothing, because only from those the bundler writes numbers where
// they are used.

/**
 * A batch goes when nothing was emitted for this long, and at most twice as long: enough for siblings to come
 * along, and for a burst of invokes to be over, which a batch would slow down. What a window that is closed loses
 * is what its page has emitted in this time.
 */
export const QUIET = 50;

/** So long a batch waits at most for the page to be quiet: the user still looks at what caused the trace. */
export const LONGEST_WAIT = 1000;

/** At least so long is between two batches that are not full: a page that does a little all the time stays cheap. */
export const INTERVAL = 250;

/**
 * The first pause after Rust has refused a batch. It doubles with every refusal: permissions can be granted
 * while the app runs, but hardly ever are.
 */
export const MIN_BACK_OFF = 10_000;

/** The longest pause between two refusals. */
export const MAX_BACK_OFF = 320_000;

/**
 * A page that is being left has its fetches rejected when the navigation begins, and `pagehide` follows when the
 * new page has answered. What runs in Rust goes on meanwhile: such a span is not failed but unfinished, and
 * `pagehide` says so unless the page is still here after this time.
 */
export const LEAVING = 1000;
