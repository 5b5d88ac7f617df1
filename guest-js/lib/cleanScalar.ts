import { clip } from './clip.js';

/** A string, boolean or finite number as it can be sent, or `undefined`: JSON has no `NaN`. */
export function cleanScalar(
  value: unknown,
): string | number | boolean | undefined {
  return typeof value === 'string'
    ? clip(value)
    : typeof value === 'boolean' || Number.isFinite(value)
      ? (value as boolean | number)
      : undefined;
}
