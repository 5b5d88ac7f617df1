/** What stops an instrumentation that has not started, because telemetry is off. */
export function doNothing(): void {}
