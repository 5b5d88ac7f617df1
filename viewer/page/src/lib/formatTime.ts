/** The time of day of an epoch time in milliseconds, local, `14:02:51.204`. `digits` of the second's fraction, 3 unless told. */
export function formatTime(milliseconds: number, digits = 3): string {
  const date = new Date(milliseconds);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  if (digits === 0) return time;
  const fraction = (((milliseconds % 1000) + 1000) % 1000) / 1000;
  // Cut and not rounded: 59.9996 s is not the next minute.
  return `${time}.${String(Math.floor(fraction * 10 ** digits)).padStart(digits, '0')}`;
}
