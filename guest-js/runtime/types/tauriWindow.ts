import type { Invoke } from '../../types/invoke.js';
import type { RuntimeTelemetry } from './runtimeTelemetry.js';

/** The part of tauri's own globals that the runtime touches. */
export interface TauriInternals {
  readonly invoke: Invoke;
}

/** The window of a tauri webview. */
export interface TauriWindow extends Window {
  readonly __TAURI_INTERNALS__?: TauriInternals;
  readonly __TAURI_OPENTELEMETRY__?: RuntimeTelemetry;
  /** What wry offers below tauri's invoke: one string to Rust, with no answer. */
  readonly ipc?: { postMessage(message: string): void };
  fetch: typeof fetch;
}
