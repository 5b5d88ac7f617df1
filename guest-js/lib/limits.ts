// What Rust accepts of one span (`plugin/page_intake`): more would be cut there, after it had crossed the
// IPC. 128 is the default of the OpenTelemetry SDKs for all three.

/** Attributes of a span, an event or a link. */
export const MAX_ATTRIBUTES = 128;

/** Events of a span. */
export const MAX_EVENTS = 128;

/** Links of a span. */
export const MAX_LINKS = 128;

/** UTF-16 units of a string. A stack trace fits; a document, which nobody meant to record, does not. */
export const MAX_STRING = 4096;
