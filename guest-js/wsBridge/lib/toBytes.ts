/** The bytes of arguments that tauri sends as a raw body, or `undefined` for those it sends as JSON. */
export function toBytes(args: unknown): Uint8Array | undefined {
  if (args instanceof ArrayBuffer) return new Uint8Array(args);
  if (ArrayBuffer.isView(args)) {
    return new Uint8Array(args.buffer, args.byteOffset, args.byteLength);
  }
  return Array.isArray(args) ? Uint8Array.from(args as number[]) : undefined;
}
