import type { PageLink } from '../bindings/PageLink.js';
import type { SpanLink } from '../types/spanOptions.js';
import { addAttributes } from './addAttributes.js';
import { readParent } from './readParent.js';

/** A link as it is sent, or `undefined` when what it points to has no valid context. */
export function toPageLink(link: SpanLink): PageLink | undefined {
  const target = readParent(link.context);
  return (
    target && {
      traceId: target.traceId,
      spanId: target.spanId,
      attributes: addAttributes(undefined, link.attributes),
    }
  );
}
