import { formatCount } from './formatCount';

/** `1 span`, `17 spans`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
