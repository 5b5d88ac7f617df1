import type { Invoke } from '../../types/invoke.js';
import type { Kernel } from './kernel.js';

/** The part of tauri's own globals that the kernel touches. */
export interface TauriInternals {
  readonly invoke: Invoke;
  readonly convertFileSrc: (path: string, protocol: string) => string;
}

/** The window of a tauri webview. */
export interface TauriWindow extends Window {
  readonly __TAURI_INTERNALS__?: TauriInternals;
  readonly __TAURI_OPENTELEMETRY__?: Kernel;
  /** What wry offers below tauri's invoke: one string to Rust, with no answer. */
  readonly ipc?: { postMessage(message: string): void };
  fetch: typeof fetch;
}
