import type { AttributeValue } from '../bindings/AttributeValue';
import { formatBytes } from './formatBytes';
import { visibleText } from './visibleText';

/** The most characters of one value that are shown: more would make the page slow, and nobody reads it there. */
const MAX = 10_000;

/** The value of an attribute as text. Sizes get a unit. */
export function formatAttribute(name: string, value: AttributeValue): string {
  if (typeof value === 'number' && /\.size$|\.bytes$/.test(name))
    return formatBytes(value);
  const text =
    typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
  return visibleText(
    text.length > MAX
      ? `${text.slice(0, MAX)}… (${text.length} characters)`
      : text,
  );
}
