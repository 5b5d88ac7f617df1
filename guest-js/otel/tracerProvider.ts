import {
  context,
  INVALID_SPAN_CONTEXT,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { findKernel } from '../api/findKernel.js';
import { startSpan } from '../api/startSpan.js';
import { readParent } from '../lib/readParent.js';
import type { Attributes } from '../types/attributes.js';
import type { SpanOptions as OwnOptions } from '../types/spanOptions.js';
import { OtelSpan } from './otelSpan.js';
import { readTime } from './readTime.js';

/** A function that `startActiveSpan` runs; it comes last among the arguments. */
type SpanFunction = (span: Span) => unknown;

/** Writes the spans of one instrumentation into the pipeline of the app. */
class PageTracer implements Tracer {
  constructor(
    private readonly name: string,
    private readonly version: string | undefined,
  ) {}

  startSpan(
    name: string,
    options: SpanOptions = {},
    around: Context = context.active(),
  ): Span {
    const { root, attributes, links, kind, startTime } = options;
    const given = root ? undefined : trace.getSpanContext(around);
    const kernel = findKernel();
    if (!kernel) return trace.wrapSpanContext(given ?? INVALID_SPAN_CONTEXT);
    const own = { kind, links, startTime: readTime(startTime) } as OwnOptions;
    return new OtelSpan(
      startSpan(
        kernel,
        given && readParent(given),
        name,
        attributes as Attributes | undefined,
        own,
        kernel.scope(this.name, this.version),
      ),
    );
  }

  startActiveSpan<F extends SpanFunction>(
    name: string,
    ...rest: [F] | [SpanOptions, F] | [SpanOptions, Context, F]
  ): ReturnType<F> {
    const fn = rest[rest.length - 1] as F;
    const [options, given] = rest.slice(0, -1) as [SpanOptions?, Context?];
    const around = given ?? context.active();
    const span = this.startSpan(name, options, around);
    return context.with(
      trace.setSpan(around, span),
      fn as (span: Span) => ReturnType<F>,
      undefined,
      span,
    );
  }
}

/**
 * Makes the tracers of `@opentelemetry/api` in this page: what standard instrumentations record goes into the pipeline of
 * the app, each with its own scope. While telemetry is off, nothing is recorded.
 *
 * @example
 * ```ts
 * import { trace } from '@opentelemetry/api';
 * import { tracerProvider } from 'tauri-plugin-opentelemetry-api/otel';
 *
 * trace.setGlobalTracerProvider(tracerProvider);
 * ```
 */
export const tracerProvider: TracerProvider = {
  getTracer: (name, version) => new PageTracer(name, version),
};
