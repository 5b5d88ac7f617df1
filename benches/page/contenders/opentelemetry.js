// As in the README of `@opentelemetry/sdk-trace-web`, with what exports in production. Its version is the
// one that Faro is built with: two versions of a package would be in the bundle of neither app.

import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { FetchInstrumentation } from '@opentelemetry/instrumentation-fetch';
import {
  BatchSpanProcessor,
  WebTracerProvider,
} from '@opentelemetry/sdk-trace-web';

const provider = new WebTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
registerInstrumentations({ instrumentations: [new FetchInstrumentation()] });
const tracer = trace.getTracer('bench');

export const flush = () => provider.forceFlush();
export const span = () => tracer.startSpan('bench').end();
export const attribute = (index) =>
  tracer.startSpan('bench', { attributes: { index } }).end();
export const active = () =>
  tracer.startActiveSpan('bench', (span) => span.end());
