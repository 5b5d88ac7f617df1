import { expect, test, vi } from 'vitest';
import { openPage } from './support/openPage.js';

test('a logger writes records of its scope, with the trace of the active span', async () => {
  const page = await openPage();
  const log = page.telemetry.logger('sync', '1.2.3');
  const span = page.telemetry.startSpan('outer');
  span.run(() => log.warn('slow', { millis: 900 }));
  log.event('sync.done', { items: 12 });
  for (const method of ['trace', 'debug', 'info', 'error', 'fatal'] as const) {
    log[method](method);
  }
  await page.telemetry.flush();
  const [batch] = page.batches;
  expect(batch?.scopes).toEqual([{ name: 'sync', version: '1.2.3' }]);
  const { traceId, spanId } = span.spanContext();
  expect(batch?.logs?.slice(0, 2)).toEqual([
    {
      time: page.kernel.now(),
      severity: 13,
      body: 'slow',
      attributes: { millis: 900 },
      traceId,
      spanId,
      scope: 0,
    },
    {
      time: page.kernel.now(),
      severity: 9,
      eventName: 'sync.done',
      attributes: { items: 12 },
      scope: 0,
    },
  ]);
  expect(
    batch?.logs?.slice(2).map(({ severity, body }) => [severity, body]),
  ).toEqual([
    [1, 'trace'],
    [5, 'debug'],
    [9, 'info'],
    [17, 'error'],
    [21, 'fatal'],
  ]);
});

test('each kind of instrument measures, in the same message as the spans', async () => {
  const page = await openPage();
  const meter = page.telemetry.meter('sync');
  const unit = { unit: '{item}', description: 'Items.' };
  meter.counter('items', unit).add(2, { kind: 'new' });
  meter.upDownCounter('open').add(-1);
  meter.histogram('duration').record(1.5);
  meter.gauge('zoom').record(2);
  page.telemetry.startSpan('mine').end();
  await page.telemetry.flush();
  expect(page.batches).toHaveLength(1);
  expect(page.batches[0]?.spans).toHaveLength(1);
  expect(page.batches[0]?.metrics).toEqual([
    {
      kind: 'counter',
      name: 'items',
      value: 2,
      ...unit,
      attributes: { kind: 'new' },
      scope: 0,
    },
    { kind: 'upDownCounter', name: 'open', value: -1, scope: 0 },
    { kind: 'histogram', name: 'duration', value: 1.5, scope: 0 },
    { kind: 'gauge', name: 'zoom', value: 2, scope: 0 },
  ]);
});

test('no value is no measurement, and a lone surrogate fails no batch', async () => {
  const page = await openPage();
  page.telemetry.meter('x').gauge('zoom').record(NaN);
  page.telemetry.logger('x').info('\ud800');
  await page.telemetry.flush();
  expect(page.batches[0]?.metrics).toBeUndefined();
  expect(page.batches[0]?.logs?.[0]?.body).toBe('\ufffd');
});

test('a logger and a meter that were made before telemetry is there work once it is', async () => {
  const page = await openPage();
  vi.stubGlobal('__TAURI_OPENTELEMETRY__', undefined);
  const log = page.telemetry.logger('early');
  const counter = page.telemetry.meter('early').counter('early');
  log.info('lost');
  counter.add(1);
  vi.stubGlobal('__TAURI_OPENTELEMETRY__', page.kernel);
  log.info('kept');
  counter.add(2);
  await page.telemetry.flush();
  expect(page.batches[0]?.logs?.map(({ body }) => body)).toEqual(['kept']);
  expect(page.batches[0]?.metrics?.map(({ value }) => value)).toEqual([2]);
});
