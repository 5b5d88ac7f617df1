import * as api from './index.js';

// With `withGlobalTauri` tauri injects this script into every page, after the kernel, so that a
// page without a bundler finds the package at `window.__TAURI__.opentelemetry`.
if ('__TAURI__' in window) {
  Object.defineProperty(window.__TAURI__, 'opentelemetry', { value: api });
}
