import { readParent } from '../lib/readParent.js';
import { readKind } from '../lib/readKind.js';
import { readStatus } from '../lib/readStatus.js';
import { addAttributes } from '../lib/addAttributes.js';
import { clip } from '../lib/clip.js';
import { MAX_EVENTS } from '../lib/limits.js';
import { toMillis } from '../lib/toMillis.js';
import { toPageLinks } from '../lib/toPageLink.js';
import type { Attributes } from '../types/attributes.js';
import type { SpanContextLike, SpanLink } from '../types/spanOptions.js';
import { createExporter, type PageExporter } from './createExporter.js';

/**
 * A span of an SDK of OpenTelemetry, of version 2 or 3, as far as it is exported: its `ReadableSpan`.
 *
 * @example
 * ```ts
 * const spans: ExportedSpan[] = memoryExporter.getFinishedSpans();
 * ```
 */
export interface ExportedSpan {
  readonly name: string;
  /** The number of its `SpanKind`. */
  readonly kind: number;
  readonly spanContext: () => SpanContextLike;
  readonly parentSpanContext?: SpanContextLike | undefined;
  readonly startTime: [seconds: number, nanoseconds: number];
  readonly endTime: [seconds: number, nanoseconds: number];
  /** Its code is a number of `SpanStatusCode`. */
  readonly status: { code: number; message?: string };
  readonly attributes: object;
  readonly links: readonly { context: SpanContextLike; attributes?: object }[];
  readonly events: readonly {
    name: string;
    time: [seconds: number, nanoseconds: number];
    attributes?: object;
  }[];
  readonly instrumentationScope: { name: string; version?: string };
}

/**
 * Exports the spans of an SDK into the pipeline of the app, for those who keep their SDK. The resource of the SDK is left
 * out: in the app there is one, its own. The SDK samples, and keeps a context of its own, so its spans and those of this
 * package are parents of each other only with `contextManager`.
 *
 * @example
 * ```ts
 * import { SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
 * import { spanExporter } from 'tauri-plugin-opentelemetry-api/otel';
 *
 * const spanProcessors = [new SimpleSpanProcessor(spanExporter)];
 * ```
 */
export const spanExporter: PageExporter<ExportedSpan> = createExporter(
  (kernel, span) => {
    const context = readParent(span.spanContext());
    if (!context?.traceFlags) return;
    const parent = span.parentSpanContext;
    const { name, version } = span.instrumentationScope;
    const { now, warn } = kernel;
    kernel.emit('spans', {
      traceId: context.traceId,
      spanId: context.spanId,
      parentSpanId: parent && readParent(parent)?.spanId,
      traceState: context.traceState,
      name: clip(span.name),
      kind: readKind(span.kind, warn),
      startTime: toMillis(span.startTime, now),
      endTime: toMillis(span.endTime, now),
      status: readStatus(undefined, span.status, undefined, warn),
      attributes: addAttributes(undefined, span.attributes as Attributes),
      events: span.events.slice(0, MAX_EVENTS).map((event) => ({
        name: clip(event.name),
        time: toMillis(event.time, now),
        attributes: addAttributes(undefined, event.attributes as Attributes),
      })),
      links: toPageLinks(span.links as readonly SpanLink[]),
      scope: kernel.scope(name, version),
    });
  },
);
