/**
 * The arguments of a command: the same type as `InvokeArgs` of `@tauri-apps/api`.
 *
 * @example
 * ```ts
 * const args: InvokeArgs = { name: 'Ada' };
 * ```
 */
export type InvokeArgs =
  Record<string, unknown> | number[] | ArrayBuffer | Uint8Array;

/**
 * The options of an invoke: the same type as `InvokeOptions` of `@tauri-apps/api`.
 *
 * @example
 * ```ts
 * const options: InvokeOptions = { headers: { 'x-request': '7' } };
 * ```
 */
export interface InvokeOptions {
  /** Headers of the request, readable in the command. */
  headers: HeadersInit;
}

/**
 * Calls a command, as `invoke` of `@tauri-apps/api/core` does.
 *
 * @example
 * ```ts
 * const invoke: Invoke = span.invoke.bind(span);
 * ```
 */
export type Invoke = <T>(
  cmd: string,
  args?: InvokeArgs,
  options?: InvokeOptions,
) => Promise<T>;
