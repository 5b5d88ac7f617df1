import type { PageSpan } from '../bindings/PageSpan.js';
import type { Kernel } from '../kernel/types/kernel.js';
import { addAttributes } from '../lib/addAttributes.js';
import { clip } from '../lib/clip.js';
import { readKind } from '../lib/readKind.js';
import { readParent } from '../lib/readParent.js';
import { toMillis } from '../lib/toMillis.js';
import { toPageLinks } from '../lib/toPageLink.js';
import type { Attributes } from '../types/attributes.js';
import type { Span } from '../types/span.js';
import type { SpanContext } from '../types/spanContext.js';
import type { SpanOptions } from '../types/spanOptions.js';
import { createSpan } from './createSpan.js';

const DEFAULTS: SpanOptions = {};

/**
 * Starts a span. `parent` is its parent unless the options name another one, or none; `scope` the number of its scope, if it
 * is not that of this package.
 */
export function startSpan(
  kernel: Kernel,
  parent: SpanContext | undefined,
  name: string,
  attributes?: Attributes | null,
  options: SpanOptions | null = DEFAULTS,
  scope?: number,
): Span {
  const { kind, links, startTime, root, parent: given } = options ?? DEFAULTS;
  if (root) parent = undefined;
  else if (given != null) parent = readParent(given);

  const context = kernel.newContext(parent);
  if (!context.traceFlags) return createSpan(kernel, context, undefined);

  const start = toMillis(startTime, kernel.now);
  const record: PageSpan = {
    traceId: context.traceId,
    spanId: context.spanId,
    parentSpanId: parent?.spanId,
    traceState: context.traceState,
    name: clip(name),
    kind: readKind(kind, kernel.warn),
    startTime: start,
    endTime: start,
    attributes: addAttributes(undefined, attributes),
    links: links && toPageLinks(links),
    scope,
  };
  kernel.openSpan(record);
  return createSpan(kernel, context, record);
}
