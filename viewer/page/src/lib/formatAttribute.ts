import type { AttributeValue } from '../bindings/AttributeValue';
import { formatBytes } from './formatBytes';
import { visibleText } from './visibleText';

/** The most characters of one value that are shown: more would make the page slow, and nobody reads it there. */
const MAX = 10_000;

/** Names of sizes in bytes. Not every size is one: those of a batch, a page of rows or a pool are counts. */
const BYTES =
  /(?:request|response|body|transfer|message|envelope|file|memory)[._]size$|[._]bytes$/;

/** The value of an attribute as text. Bytes get a unit. */
export function formatAttribute(name: string, value: AttributeValue): string {
  if (typeof value === 'number' && BYTES.test(name)) return formatBytes(value);
  const text =
    typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
  return visibleText(
    text.length > MAX
      ? `${text.slice(0, MAX)}… (${text.length} characters)`
      : text,
  );
}
