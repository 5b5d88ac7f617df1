import type { PageLink } from '../bindings/PageLink.js';
import type { SpanLink } from '../types/spanOptions.js';
import { addAttributes } from './addAttributes.js';
import { MAX_LINKS } from './limits.js';
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

/** The valid ones of these links, as many as a span can have. */
export function toPageLinks(links: readonly SpanLink[]): PageLink[] {
  return links.flatMap((link) => toPageLink(link) ?? []).slice(0, MAX_LINKS);
}
