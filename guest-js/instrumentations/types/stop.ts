/**
 * Stops an instrumentation: what it has put into the page is taken back. Calling it again does nothing.
 *
 * @example
 * ```ts
 * const stop: Stop = captureErrors();
 * import.meta.hot?.dispose(stop);
 * ```
 */
export type Stop = () => void;
