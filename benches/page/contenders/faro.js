// As in the quick start of Faro, with its tracing.

import { getWebInstrumentations, initializeFaro } from '@grafana/faro-web-sdk';
import { TracingInstrumentation } from '@grafana/faro-web-tracing';

const faro = initializeFaro({
  url: 'http://127.0.0.1/collect',
  app: { name: 'bench', version: '1.0.0' },
  instrumentations: [...getWebInstrumentations(), new TracingInstrumentation()],
});
const { trace } = faro.api.getOTEL();
const tracer = trace.getTracer('bench');

export const flush = () => trace.getTracerProvider().getDelegate().forceFlush();
export const span = () => tracer.startSpan('bench').end();
export const attribute = (index) =>
  tracer.startSpan('bench', { attributes: { index } }).end();
export const active = () =>
  tracer.startActiveSpan('bench', (span) => span.end());
