/* global START, window */
// Where there is a kernel, the instrumentations run as well. They do not look for themselves: a second start would record everything twice.
if (!window.__TAURI_OPENTELEMETRY__) {
  START();
}
