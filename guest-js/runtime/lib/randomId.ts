// One system call for the ids of some 85 root spans, or 256 children. More would only be memory.
const POOL_BYTES = 2048;

const hex: string[] = [];
let pool = '';
let used = 0;

/** A random id of 16 or 32 hexadecimal digits, never all zeros. */
export function randomId(digits: number): string {
  if (used + digits > pool.length) {
    // All at once and not byte by byte for each id: an invoke runs cold code, where a loop over three
    // ids would be most of what its span costs.
    pool = '';
    used = 0;
    crypto
      .getRandomValues(new Uint8Array(POOL_BYTES))
      .forEach((byte, index) => {
        // One bit of every eight bytes is always set, so that no id is all zeros. It is the first byte's,
        // because the last seven are those that have to be random (W3C Trace Context, level 2).
        const value = index % 8 ? byte : byte | 1;
        pool += hex[value] ??= (value + 256).toString(16).slice(1);
      });
  }
  used += digits;
  return pool.slice(used - digits, used);
}
