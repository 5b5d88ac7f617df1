/* global window */
window.addEventListener(
  'keydown',
  (event) => {
    if (
      event.code !== 'KeyY' ||
      !event.shiftKey ||
      !(event.ctrlKey || event.metaKey)
    )
      return;
    event.preventDefault();
    window.__TAURI_INTERNALS__
      .invoke('plugin:opentelemetry|show_viewer')
      .catch(() => {});
  },
  true,
);
