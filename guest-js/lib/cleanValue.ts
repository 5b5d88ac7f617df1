import type { AttributeValue } from '../bindings/AttributeValue.js';
import { cleanScalar } from './cleanScalar.js';

/** The value as it can be sent, or `undefined` for what is no attribute: objects, mixed arrays. */
export function cleanValue(value: unknown): AttributeValue | undefined {
  if (!Array.isArray(value)) return cleanScalar(value);
  const items = Array.from(value, cleanScalar);
  return items.every(
    (item) => item !== undefined && typeof item === typeof items[0],
  )
    ? (items as AttributeValue)
    : undefined;
}
