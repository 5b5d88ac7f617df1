/** Items of one batch: the default of the OpenTelemetry batch processors, about 100 KB here. */
export const MAX_BATCH_ITEMS = 512;

/**
 * The estimated bytes of one batch: ten times what 512 ordinary spans have. A batch is encoded in one
 * go, and more than this would be a task that users notice.
 */
export const MAX_BATCH_BYTES = 1024 * 1024;

/**
 * Full batches that wait: a burst of a second at full speed. Beyond, Rust is not taking them anyway,
 * and the page's memory is worth more than its telemetry.
 */
export const MAX_WAITING_BATCHES = 4;

/**
 * Full batches that are sent even if the page is not quiet. Before, a burst of invokes should not have to share the
 * way to Rust with them; later, items would be dropped.
 */
export const MANY_BATCHES = 3;

/** Open spans. A page that has more of them forgets to end them. */
export const MAX_OPEN_SPANS = 4096;

/** Instrumentation scopes: each stands in every batch, so they have to be few. */
export const MAX_SCOPES = 32;
