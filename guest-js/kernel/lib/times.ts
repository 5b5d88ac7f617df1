// In milliseconds. In a module that imports nothing, because only from those the bundler writes numbers where
// they are used.

/**
 * At most one message per second in quiet times: a trace shows up while the user still looks at what caused it,
 * and an idle page costs nothing.
 */
export const INTERVAL = 1000;

/**
 * The first item after a pause waits only this long: enough for its siblings to come along, and for the event
 * handler that made it to be done.
 */
export const SOON = 50;

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
