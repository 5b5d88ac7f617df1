import { telemetry } from './telemetry.js';
import type { InvokeArgs, InvokeOptions } from './types/invoke.js';

/**
 * Calls a command: a drop-in for `invoke` of `@tauri-apps/api/core`.
 *
 * Every invoke is traced without it. Where invokes cannot travel by fetch (on Android, with the isolation
 * pattern, and when a content security policy blocks `ipc:`), it makes the command a child of the active
 * span, if the app has wrapped its handler with `tauri_plugin_opentelemetry::handler`.
 *
 * @example
 * ```ts
 * import { invoke } from 'tauri-plugin-opentelemetry-api';
 *
 * const greeting = await invoke<string>('greet', { name: 'Ada' });
 * ```
 */
export function invoke<T>(
  cmd: string,
  args?: InvokeArgs,
  options?: InvokeOptions,
): Promise<T> {
  return telemetry.invoke<T>(cmd, args, options);
}
