const NANOSECONDS: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  min: 60e9,
  h: 3600e9,
};

/** `15ms`, `1.5 s`, `2m` in nanoseconds. `undefined` when the text is no duration; a bare number is milliseconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zµ]*)$/.exec(text.trim());
  if (!match) return undefined;
  const size = NANOSECONDS[match[2] || 'ms'];
  return size === undefined ? undefined : Number(match[1]) * size;
}
