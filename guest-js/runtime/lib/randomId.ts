// One system call for the ids of some 85 root spans, or 256 children. More would only be memory.
const POOL_BYTES = 2048;

const hex: string[] = [];
let pool = '';

/** A random id of 16 or 32 hexadecimal digits, never all zeros. */
export function randomId(digits: number): string {
  if (pool.length < digits) {
    // All at once and not byte by byte for each id: an invoke runs cold code, where a loop over three
    // ids would be most of what its span costs. Without a callback, which would double the time.
    const bytes = crypto.getRandomValues(new Uint8Array(POOL_BYTES));
    for (let index = 0; index < POOL_BYTES; index++) {
      // One bit of every eight bytes is always set, so that no id is all zeros. It is the first byte's,
      // because the last seven are those that have to be random (W3C Trace Context, level 2).
      const byte = (bytes[index] as number) | (index % 8 ? 0 : 1);
      pool += hex[byte] ??= (byte + 256).toString(16).slice(1);
    }
  }
  const id = pool.slice(0, digits);
  pool = pool.slice(digits);
  return id;
}
