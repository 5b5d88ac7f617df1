/** The day of an epoch time in milliseconds as `today`, `yesterday` or `2026-11-25`, local. */
export function formatDate(milliseconds: number, now: number): string {
  const day = dayOf(milliseconds);
  if (day === dayOf(now)) return 'today';
  if (day === dayOf(now - 86_400_000)) return 'yesterday';
  return day;
}

function dayOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  return [
    date.getFullYear(),
    String(date.getMonth() + 1).padStart(2, '0'),
    String(date.getDate()).padStart(2, '0'),
  ].join('-');
}
