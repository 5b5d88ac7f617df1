/** A count with a thin space between thousands; from 100 000 on shortened: `48 212`, `212 k`, `3.1 M`. */
export function formatCount(count: number): string {
  if (Math.abs(count) >= 999_500) return `${short(count / 1e6)} M`;
  if (Math.abs(count) >= 100_000) return `${Math.round(count / 1e3)} k`;
  if (!Number.isInteger(count)) return short(count);
  return String(count).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

function short(value: number): string {
  if (Math.abs(value) < 1) return String(Number(value.toPrecision(2)));
  return value.toFixed(Math.abs(value) >= 99.95 ? 0 : 1).replace(/\.0$/, '');
}
