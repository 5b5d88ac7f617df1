import type { Telemetry } from '../types/telemetry.js';
import { createNoopTelemetry } from './createNoopTelemetry.js';

/**
 * The runtime that the plugin injected, or the no-op.
 *
 * Asking once is enough: an init script runs before any script of the page, so the runtime is there
 * by now or never will be.
 */
export function resolveTelemetry(): Telemetry {
  return (
    (globalThis as { __TAURI_OPENTELEMETRY__?: Telemetry })
      .__TAURI_OPENTELEMETRY__ ?? createNoopTelemetry()
  );
}
