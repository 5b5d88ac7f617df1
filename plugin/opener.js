/* global performance */
(() => {
  const key = '__TAURI_OPENTELEMETRY_OPENER__';
  const traceparent = 'TRACEPARENT';
  // A reload is none of the opener's doing, also where the page has cleared its storage.
  const [navigation] = performance.getEntriesByType('navigation');
  if (navigation && navigation.type !== 'navigate') return;
  try {
    if (history.length > 1 || sessionStorage.getItem(key) === traceparent)
      return;
    sessionStorage.setItem(key, traceparent);
  } catch {
    // A document that may keep nothing cannot know whether it is the first.
    return;
  }
  const [, traceId, spanId, flags] = traceparent.split('-');
  let context = { traceId, spanId, traceFlags: parseInt(flags, 16) };
  // Code that waits until after the load has no parent then.
  const opener = { spanContext: () => context };
  window.__TAURI_OPENTELEMETRY__?.setContextSource(() => context && opener);
  addEventListener('load', () => (context = undefined));
})();
