// The ids of some 42 root spans, or 128 children. More would only be memory.
const POOL_DIGITS = 2048;

const digits = new Uint8Array(POOL_DIGITS);
let pool: string;
let used = POOL_DIGITS;

/** A random id of 16 or 32 hexadecimal digits, never all zeros. */
export function randomId(length: number): string {
  if (used + length > POOL_DIGITS) {
    // All at once and not digit by digit for each id: an invoke runs cold code, where a loop over three
    // ids would be most of what its span costs. In place, because a string that grows leaves a piece of
    // memory at every step, and to touch so much of it is what an invoke would wait for.
    crypto.getRandomValues(digits);
    for (let index = POOL_DIGITS; index--;) {
      const digit = (digits[index] as number) & 15;
      digits[index] = digit + (digit > 9 ? 87 : 48);
    }
    // An id of zeros has this in it. No digit is fixed instead: the ratio of a sample goes by them.
    pool = new TextDecoder()
      .decode(digits)
      .replace(/0{16}/g, 'ffffffffffffffff');
    used = 0;
  }
  return pool.slice(used, (used += length));
}
