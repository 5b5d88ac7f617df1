import type { PageEvent } from '../../bindings/PageEvent.js';
import type { PageLink } from '../../bindings/PageLink.js';
import type { Attributes } from '../../bindings/Attributes.js';

/** The members of an item that can be large, whatever its signal is. */
interface Item {
  readonly name?: string;
  readonly body?: string;
  readonly attributes?: Attributes;
  readonly events?: readonly PageEvent[];
  readonly links?: readonly PageLink[];
}

/** The ids, the times and the names of the members. */
const REST = 160;

/** Roughly the bytes of an item as JSON. Quick before exact: it is asked for every span. */
export function sizeOf(item: Item): number {
  return (
    REST +
    sizeOfValue(item.name) +
    sizeOfValue(item.body) +
    sizeOfValue(item.attributes) +
    sizeOfValue(item.events) +
    sizeOfValue(item.links)
  );
}

/** The same for any plain value. */
function sizeOfValue(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  let size = 2;
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key];
    size += key.length + 4 + sizeOfValue(inner);
  }
  return size;
}
