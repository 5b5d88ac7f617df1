import { createTelemetry } from './api/createTelemetry.js';
import type { Telemetry } from './types/telemetry.js';

/**
 * The telemetry of this page. When the app has telemetry off, or outside of a webview, every call is
 * a shared no-op.
 *
 * @example
 * ```ts
 * import { telemetry } from 'tauri-plugin-opentelemetry-api';
 *
 * const span = telemetry.startSpan('ui.button_click', { button: 'send' });
 * await span.invoke('send_message', { text });
 * span.end();
 * ```
 */
export const telemetry: Telemetry = /*#__PURE__*/ createTelemetry();
