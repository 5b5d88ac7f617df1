import type { PageLink } from '../bindings/PageLink.js';
import type { Attributes } from '../types/attributes.js';
import type { SpanLink, SpanOptions } from '../types/spanOptions.js';
import { addAttributes } from './lib/addAttributes.js';
import { MAX_LINKS } from './lib/limits.js';
import { readParent } from './lib/readParent.js';
import { toMillis } from './lib/toMillis.js';
import type { LiveSpan } from './types/liveSpan.js';
import type { Page } from './types/page.js';

/** `telemetry.startSpan`. */
export function startSpan(
  page: Page,
  name: string,
  attributes?: Attributes,
  options: SpanOptions = {},
): LiveSpan {
  const parent = options.parent;
  const span = page.openSpan_(
    name,
    options.root
      ? undefined
      : parent == null
        ? page.current_?.context_
        : readParent(parent),
  );
  const record = span.record_;
  if (record) {
    record.kind = options.kind;
    if (options.startTime != null) {
      record.startTime = toMillis(options.startTime);
    }
    if (options.links) {
      record.links = options.links.flatMap(toPageLink).slice(0, MAX_LINKS);
    }
    if (attributes) span.setAttributes(attributes);
  }
  return span;
}

function toPageLink(link: SpanLink): PageLink[] {
  const target = readParent(link.context);
  return target
    ? [
        {
          traceId: target.traceId,
          spanId: target.spanId,
          attributes: addAttributes(undefined, link.attributes),
        },
      ]
    : [];
}
