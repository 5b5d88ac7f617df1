(() => {
  const key = '__TAURI_OPENTELEMETRY_OPENER__';
  let traceparent = 'TRACEPARENT';
  try {
    if (history.length > 1 || sessionStorage.getItem(key) === traceparent)
      return;
    sessionStorage.setItem(key, traceparent);
  } catch {
    // A document that may keep nothing cannot know whether it is the first.
    return;
  }
  window.__TAURI_OPENTELEMETRY__?.setContextSource(() => traceparent);
  addEventListener('load', () => (traceparent = ''));
})();
