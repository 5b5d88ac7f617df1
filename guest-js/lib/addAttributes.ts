import type { AttributeValue } from '../bindings/AttributeValue.js';
import type { Attributes as SentAttributes } from '../bindings/Attributes.js';
import type { Attributes } from '../types/attributes.js';
import { cleanValue } from './cleanValue.js';
import { clip } from './clip.js';
import { MAX_ATTRIBUTES } from './limits.js';

/** Adds what can be sent of `source` to `target`, which is made when there is something to add. */
export function addAttributes(
  target: SentAttributes | undefined,
  source: Attributes | null | undefined,
): SentAttributes | undefined {
  let room = MAX_ATTRIBUTES - (target ? Object.keys(target).length : 0);
  // `in`, to which `undefined` and `null` are objects without names.
  for (const name in source) {
    const value = readValue(source, name);
    if (value === undefined) continue;
    // Without a prototype, so that `__proto__` is a name like any other.
    target ??= Object.create(null) as SentAttributes;
    const key = clip(name);
    if (key in target || room-- > 0) target[key] = value;
  }
  return target;
}

/** A value as it can be sent. One whose getter throws is none. */
function readValue(
  source: Attributes,
  name: string,
): AttributeValue | undefined {
  try {
    return cleanValue(source[name]);
  } catch {
    return undefined;
  }
}
