import { telemetry } from './telemetry.js';
import type { InvokeArgs, InvokeOptions } from './types/invoke.js';

/**
 * Calls a command: a drop-in for `invoke` of `@tauri-apps/api/core`.
 *
 * Most platforms trace every invoke without it. It is needed where invokes cannot travel by fetch:
 * on Android, with the isolation pattern, and when a content security policy blocks `ipc:`.
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
