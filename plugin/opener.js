(() => {
  const key = '__TAURI_OPENTELEMETRY_OPENER__';
  const traceparent = 'TRACEPARENT';
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
