import type { Kernel } from '../kernel/types/kernel.js';
import { isCompatible } from './isCompatible.js';

// Written in by the build: the version of this package.
declare const VERSION: string;

/** What was found last, and whether this package can use it. */
let found: Kernel | undefined;
let usable: Kernel | undefined;

/**
 * The kernel that the plugin has put into this page, if telemetry is on.
 *
 * It is looked for at every call: `connectWsBridge` and a test put one in place after the package
 * was imported.
 */
export function currentKernel(): Kernel | undefined {
  const kernel = (globalThis as { __TAURI_OPENTELEMETRY__?: Kernel })
    .__TAURI_OPENTELEMETRY__;
  if (kernel !== found) {
    found = kernel;
    usable =
      kernel && isCompatible(kernel.version, VERSION) ? kernel : undefined;
    if (kernel && !usable) {
      console.warn(
        `opentelemetry: the crate tauri-plugin-opentelemetry is ${kernel.version ?? 'older'}, its npm package ${VERSION}. Spans of the UI are recorded once both have the same version.`,
      );
    }
  }
  return usable;
}
