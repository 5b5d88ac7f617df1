/** How a class of `@tauri-apps/api` or a plugin says what it is in arguments: `SERIALIZE_TO_IPC_FN`. */
const SERIALIZE = '__TAURI_TO_IPC_KEY__';

/** Arguments as JSON, with the values that JSON has not as tauri writes them. */
export function toJson(args: unknown): string {
  return JSON.stringify(args, (_, value: unknown) => {
    if (value instanceof Map) return Object.fromEntries(value);
    if (value instanceof Uint8Array) return Array.from(value);
    if (value instanceof ArrayBuffer) return Array.from(new Uint8Array(value));
    const own = (value as Record<string, unknown> | null)?.[SERIALIZE];
    return typeof own === 'function' ? (own.call(value) as unknown) : value;
  });
}
