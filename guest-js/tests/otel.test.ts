import * as api from '@opentelemetry/api';
import * as sdkLogs from '@opentelemetry/sdk-logs';
import * as sdkTrace from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { openPage, OPENED, type FakePage } from './support/openPage.js';
import * as sdk2 from './sdk2/index.js';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let page: FakePage;
let otel: typeof import('../otel.js');

beforeEach(async () => {
  page = await openPage();
  otel = await import('../otel.js');
  api.trace.setGlobalTracerProvider(otel.tracerProvider);
  api.context.setGlobalContextManager(otel.contextManager);
  api.logs.setGlobalLoggerProvider(otel.loggerProvider);
  api.metrics.setGlobalMeterProvider(otel.meterProvider);
});
afterEach(() => {
  api.trace.disable();
  api.context.disable();
  api.logs.disable();
  api.metrics.disable();
  vi.restoreAllMocks();
});

/** What Rust has taken of one signal, with the scopes of its batch. */
async function sent() {
  await page.telemetry.flush();
  const { batches } = page;
  return {
    spans: batches.flatMap(({ spans }) => spans),
    logs: batches.flatMap(({ logs }) => logs ?? []),
    metrics: batches.flatMap(({ metrics }) => metrics ?? []),
    scopes: batches.flatMap(({ scopes }) => scopes ?? []),
  };
}

it('spans of the API are spans of the page, with a scope of their own', async () => {
  const tracer = api.trace.getTracer('lib', '1.2.3');
  tracer.startActiveSpan(
    'outer',
    { kind: api.SpanKind.PRODUCER, attributes: { a: 1 } },
    (span) => {
      span
        .addEvent('with', { b: true }, 12)
        .addEvent('without', [1_700_000_000, 5e8])
        .setStatus({ code: api.SpanStatusCode.ERROR, message: 'no' })
        .addLinks([
          { context: { ...span.spanContext(), spanId: 'b7ad6b7169203331' } },
        ]);
      span.recordException(new TypeError('broken'));
      tracer.startSpan('inner', { startTime: 7 }).end(9);
      tracer.startSpan('root', { root: true }).end();
      span.end();
    },
  );
  const { spans, scopes } = await sent();
  const [inner, root, outer] = spans;
  expect(inner).toMatchObject({
    parentSpanId: outer?.spanId,
    startTime: OPENED + 7,
    endTime: OPENED + 9,
    scope: 0,
  });
  expect(root?.parentSpanId).toBeUndefined();
  expect(outer).toMatchObject({
    name: 'outer',
    kind: 'producer',
    attributes: { a: 1 },
    status: { code: 'error', message: 'no' },
    links: [{ spanId: 'b7ad6b7169203331' }],
    events: [
      { name: 'with', time: OPENED + 12, attributes: { b: true } },
      { name: 'without', time: 1_700_000_000_500 },
      { name: 'exception' },
    ],
  });
  expect(scopes).toContainEqual({ name: 'lib', version: '1.2.3' });
});

it('both APIs have the same active span', async () => {
  const tracer = api.trace.getTracer('lib');
  await page.telemetry.withSpan('ours', {}, { parent: PARENT }, () => {
    expect(api.context.active()).toBe(api.context.active());
    api.trace.getActiveSpan()?.setAttribute('by', 'the API');
    return tracer.startActiveSpan('theirs', (span) => {
      page.telemetry.activeSpan()?.setAttribute('by', 'the package');
      page.telemetry.startSpan('ours again').end();
      span.end();
      return page.invoke('greet');
    });
  });
  expect(api.trace.getActiveSpan()).toBeUndefined();
  const trace = await page.trace().then(() => page.spans());
  const find = (name: string) => trace.find((span) => span.name === name);
  expect(find('ours')?.attributes).toEqual({ by: 'the API' });
  expect(find('theirs')).toMatchObject({
    parentSpanId: find('ours')?.spanId,
    attributes: { by: 'the package' },
  });
  for (const name of ['ours again', 'greet']) {
    expect(find(name)?.parentSpanId).toBe(find('theirs')?.spanId);
  }
});

it('what is active is asked for its span each time, because it may have none later', async () => {
  const load = page.telemetry.startSpan('document load');
  let isLoading = true;
  page.kernel.setActive({
    spanContext: () => (isLoading ? load.spanContext() : undefined),
  });
  const tracer = api.trace.getTracer('lib');
  tracer.startSpan('meanwhile').end();
  isLoading = false;
  tracer.startSpan('later').end();
  const { spans } = await sent();
  expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual([
    load.spanContext().spanId,
    undefined,
  ]);
});

it('a status that is unset changes nothing, and one that is ok is the last', async () => {
  const { UNSET, OK, ERROR } = api.SpanStatusCode;
  const tracer = api.trace.getTracer('lib');
  for (const codes of [
    [OK, ERROR],
    [ERROR, UNSET],
    [ERROR, OK],
  ]) {
    const span = tracer.startSpan('x');
    for (const code of codes) span.setStatus({ code });
    span.end();
  }
  const { spans } = await sent();
  const codes = spans.map(({ status }) => status?.code);
  expect(codes).toEqual(['ok', 'error', 'ok']);
});

it('a context keeps its values, and one without a span has no parent', async () => {
  const key = api.createContextKey('key');
  await page.telemetry.withSpan('ours', () => {
    const none = api.trace
      .deleteSpan(api.context.active())
      .setValue(key, 'value');
    api.context.with(api.ROOT_CONTEXT, () => {
      api.trace.getTracer('lib').startSpan('root').end();
    });
    return api.context.with(none, () => {
      expect(api.context.active().getValue(key)).toBe('value');
      expect(page.telemetry.activeSpan()).toBeUndefined();
      page.telemetry.startSpan('alone').end();
      return page.invoke('greet');
    });
  });
  const { spans } = await sent();
  for (const name of ['alone', 'greet', 'root']) {
    const span = spans.find((one) => one.name === name);
    expect(span).toBeDefined();
    expect(span?.parentSpanId).toBeUndefined();
  }
});

it('a bound function runs in its context, with its receiver and arguments', () => {
  const tracer = api.trace.getTracer('lib');
  const span = tracer.startSpan('bound');
  const around = api.trace.setSpan(api.ROOT_CONTEXT, span);
  const bound = api.context.bind(around, function (this: unknown, a: number) {
    return [this, a, api.trace.getActiveSpan()];
  });
  const receiver = {};
  expect(bound.call(receiver, 7)).toEqual([receiver, 7, span]);
  expect(api.context.bind(around, receiver)).toBe(receiver);
  expect(() =>
    api.context.with(around, () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(api.trace.getActiveSpan()).toBeUndefined();
});

it('an attached context is active until its token is disposed, and no longer than that', async () => {
  const at = (name: string) =>
    api.trace.setSpan(
      api.ROOT_CONTEXT,
      api.trace.getTracer('lib').startSpan(name),
    );
  const [outer, inner] = [at('outer'), at('inner')];
  const first = api.context.attach(outer);
  const second = api.context.attach(inner);
  // Out of order: what is on top stays.
  first.dispose();
  expect(api.context.active()).toBe(inner);
  second.dispose();
  expect(api.context.active()).toBe(outer);
  second.dispose();
  expect(api.context.active()).toBe(outer);
  api.context.attach(api.ROOT_CONTEXT);
  expect(api.context.active()).toBe(api.ROOT_CONTEXT);
});

it('log records of the API arrive with the trace they belong to', async () => {
  const logger = api.logs.getLogger('lib', '2.0.0');
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  api.trace.getTracer('lib').startActiveSpan('outer', (span) => {
    logger.emit({
      eventName: 'sold',
      severityNumber: api.SeverityNumber.WARN,
      timestamp: 12,
      body: { amount: 3 },
      attributes: { plain: 'x', nested: { deep: 1 }, circle },
      exception: new TypeError('broken'),
    });
    logger.emit({ body: 'text', context: api.ROOT_CONTEXT });
    span.end();
  });
  const { logs, spans, scopes } = await sent();
  expect(logs[0]).toMatchObject({
    eventName: 'sold',
    severity: 13,
    time: OPENED + 12,
    body: '{"amount":3}',
    traceId: spans[0]?.traceId,
    spanId: spans[0]?.spanId,
    attributes: {
      plain: 'x',
      nested: '{"deep":1}',
      circle: '[object Object]',
      'exception.type': 'TypeError',
      'exception.message': 'broken',
    },
  });
  expect(logs[1]).toMatchObject({ severity: 9, body: 'text' });
  expect(logs[1]?.traceId).toBeUndefined();
  expect(scopes[logs[0]?.scope ?? -1]?.name).toBe('lib');
});

it('instruments of the API are measurements, and observable ones say that they are none', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const meter = api.metrics.getMeter('lib');
  meter
    .createCounter('sales', { unit: '{sale}', description: 'Sales' })
    .add(2, { shop: 'a' });
  meter.createUpDownCounter('open').add(-1);
  meter.createHistogram('time').record(0.5);
  meter.createGauge('heat').record(7);
  meter.createObservableGauge('asked').addCallback(() => undefined);
  const { metrics } = await sent();
  expect(metrics).toMatchObject([
    { kind: 'counter', name: 'sales', value: 2, unit: '{sale}' },
    { kind: 'upDownCounter', value: -1 },
    { kind: 'histogram', value: 0.5 },
    { kind: 'gauge', value: 7 },
  ]);
  expect(metrics[0]?.attributes).toEqual({ shop: 'a' });
  expect(warn.mock.calls).toEqual([
    [expect.stringContaining('observable instrument asked')],
  ]);
});

it('does nothing while telemetry is off, and hands the parent on', () => {
  vi.stubGlobal('__TAURI_OPENTELEMETRY__', undefined);
  const parent: api.SpanContext = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  };
  const around = api.trace.setSpanContext(api.ROOT_CONTEXT, parent);
  const span = api.trace.getTracer('lib').startSpan('x', {}, around);
  expect(span.isRecording()).toBe(false);
  expect(span.spanContext()).toEqual(parent);
  api.logs.getLogger('lib').emit({ body: 'x' });
  api.metrics.getMeter('lib').createCounter('x').add(1);
  const done = vi.fn();
  otel.spanExporter.export([], done);
  expect(done).toHaveBeenCalledWith({ code: 0 });
});

it('a context lasts while telemetry is off, and no longer than with it', () => {
  vi.stubGlobal('__TAURI_OPENTELEMETRY__', undefined);
  const key = api.createContextKey('tenant');
  const outer = api.ROOT_CONTEXT.setValue(key, 'outer');
  const inner = outer.setValue(key, 'inner');
  api.context.with(outer, () => {
    expect(api.context.with(inner, () => api.context.active())).toBe(inner);
    expect(api.context.active()).toBe(outer);
    const token = api.context.attach(inner);
    expect(api.context.active().getValue(key)).toBe('inner');
    token.dispose();
    expect(api.context.active()).toBe(outer);
  });
  expect(api.context.active()).toBe(api.ROOT_CONTEXT);
});

/** The parts of both versions of the SDK, which differ in names. */
const SDKS = [
  {
    version: 2,
    api: sdk2.api,
    TracerProvider: sdk2.sdkTrace.BasicTracerProvider,
    processSpans: (exporter: typeof otel.spanExporter) =>
      new sdk2.sdkTrace.SimpleSpanProcessor(exporter as never),
    LoggerProvider: sdk2.sdkLogs.LoggerProvider,
    LogRecordProcessor: sdk2.sdkLogs.SimpleLogRecordProcessor,
  },
  {
    version: 3,
    api,
    TracerProvider: sdkTrace.TracerProvider,
    processSpans: (exporter: typeof otel.spanExporter) =>
      new sdkTrace.SimpleSpanProcessor({ exporter } as never),
    LoggerProvider: sdkLogs.LoggerProvider,
    LogRecordProcessor: sdkLogs.SimpleLogRecordProcessor,
  },
] as unknown as readonly Sdk[];

interface Sdk {
  readonly version: number;
  readonly api: Pick<typeof api, 'trace' | 'ROOT_CONTEXT'>;
  readonly TracerProvider: new (options: object) => api.TracerProvider & {
    forceFlush(): Promise<void>;
  };
  readonly processSpans: (exporter: object) => object;
  readonly LoggerProvider: new (options: object) => api.LoggerProvider & {
    forceFlush(): Promise<void>;
  };
  readonly LogRecordProcessor: new (options: object) => object;
}

describe.each(SDKS)('version $version of the SDK', (sdk) => {
  test('exports its spans into the pipeline', async () => {
    const provider = new sdk.TracerProvider({
      spanProcessors: [sdk.processSpans(otel.spanExporter)],
    });
    const tracer = provider.getTracer('sdk', '4.5.6');
    const outer = tracer.startSpan('outer', {
      kind: api.SpanKind.CLIENT,
      startTime: [1_700_000_000, 250_000_000],
      attributes: { a: [1, 2] },
      links: [
        {
          context: {
            traceId: '0af7651916cd43dd8448eb211c80319c',
            spanId: 'b7ad6b7169203331',
            traceFlags: 1,
          },
        },
      ],
    });
    const { trace, ROOT_CONTEXT } = sdk.api;
    tracer.startSpan('inner', {}, trace.setSpan(ROOT_CONTEXT, outer)).end();
    outer.addEvent('event', { b: 1 }, [1_700_000_000, 5e8]);
    outer.setStatus({ code: api.SpanStatusCode.ERROR, message: 'no' });
    outer.end([1_700_000_001, 0]);
    await provider.forceFlush();

    const { spans, scopes } = await sent();
    const [inner, sentOuter] = spans;
    const { traceId, spanId } = outer.spanContext();
    expect(sentOuter).toMatchObject({
      traceId,
      spanId,
      name: 'outer',
      kind: 'client',
      startTime: 1_700_000_000_250,
      endTime: 1_700_000_001_000,
      attributes: { a: [1, 2] },
      status: { code: 'error', message: 'no' },
      events: [
        { name: 'event', time: 1_700_000_000_500, attributes: { b: 1 } },
      ],
      links: [{ spanId: 'b7ad6b7169203331' }],
    });
    expect(inner).toMatchObject({
      name: 'inner',
      traceId,
      parentSpanId: spanId,
    });
    expect(scopes).toContainEqual({ name: 'sdk', version: '4.5.6' });
  });

  test('exports its log records into the pipeline', async () => {
    const processor = new sdk.LogRecordProcessor({
      exporter: otel.logRecordExporter,
    });
    const provider = new sdk.LoggerProvider({ processors: [processor] });
    provider.getLogger('sdk').emit({
      eventName: 'sold',
      severityNumber: 17,
      body: 'text',
      timestamp: [1_700_000_000, 5e8],
      attributes: { a: 1 },
    });
    await provider.forceFlush();
    expect((await sent()).logs).toMatchObject([
      {
        eventName: 'sold',
        severity: 17,
        body: 'text',
        time: 1_700_000_000_500,
        attributes: { a: 1 },
      },
    ]);
  });
});

it('the instrumentations of OpenTelemetry for browsers write into the pipeline', async () => {
  const { ErrorsInstrumentation } =
    await import('@opentelemetry/browser-instrumentation/experimental/errors');
  const errors = new ErrorsInstrumentation();
  errors.setLoggerProvider(otel.loggerProvider);
  errors.enable();
  const error = new TypeError('broken');
  page.window.dispatchEvent(Object.assign(new Event('error'), { error }));
  const { logs, scopes } = await sent();
  expect(logs).toMatchObject([
    {
      eventName: 'exception',
      attributes: {
        'exception.type': 'TypeError',
        'exception.message': 'broken',
      },
    },
  ]);
  expect(scopes[0]?.name).toBe(errors.instrumentationName);
});
