import type { Invoke } from '../types/invoke.js';

/** Tauri's own invoke. Asynchronous, so that a missing webview is a rejection, as in `@tauri-apps/api`. */
export const invokeTauri: Invoke = async (command, args, options) =>
  (
    window as unknown as { __TAURI_INTERNALS__: { invoke: Invoke } }
  ).__TAURI_INTERNALS__.invoke(command, args, options);
