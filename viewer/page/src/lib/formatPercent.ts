/** A share between 0 and 1 as `0 %`, `0.4 %`, `12 %`. What is more than nothing never reads as nothing. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  if (percent === 0) return '0 %';
  if (percent < 0.1) return '< 0.1 %';
  if (percent > 99.9 && percent < 100) return '> 99.9 %';
  return `${percent.toFixed(percent < 9.95 ? 1 : 0).replace(/\.0$/, '')} %`;
}
