import type { Kernel } from '../kernel/types/kernel.js';

/**
 * The kernel that the plugin has put into this page, if telemetry is on.
 *
 * It is looked for at every call: `connectWsBridge` and a test put one in place after the package
 * was imported.
 */
export function findKernel(): Kernel | undefined {
  return (globalThis as { __TAURI_OPENTELEMETRY__?: Kernel })
    .__TAURI_OPENTELEMETRY__;
}
