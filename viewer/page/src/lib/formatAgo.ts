/** How long ago an epoch time in milliseconds is: `now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`. */
export function formatAgo(milliseconds: number, now: number): string {
  const seconds = Math.floor((now - milliseconds) / 1000);
  if (seconds < 2) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
