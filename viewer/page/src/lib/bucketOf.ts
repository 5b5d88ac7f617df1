import { lowerBound } from './lowerBound';

/** The bucket that a value falls into: bounds are inclusive above; what is above the last is in one more. */
export function bucketOf(bounds: readonly number[], value: number): number {
  return lowerBound(bounds.length, (index) => (bounds[index] ?? 0) >= value);
}
