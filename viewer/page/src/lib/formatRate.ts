import { formatCount } from './formatCount';

/** How often a second as `12/s`, `3.5/min`, `4/h`. What happens at all never reads as nothing. */
export function formatRate(rate: number): string {
  if (rate >= 1) return `${formatCount(Number(rate.toFixed(1)))}/s`;
  if (rate * 60 >= 1) return `${(rate * 60).toFixed(1)}/min`;
  return rate * 3600 >= 1 ? `${(rate * 3600).toFixed(0)}/h` : '< 1/h';
}
