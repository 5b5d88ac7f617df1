import { afterEach, expect, test, vi } from 'vitest';
import { openPage } from './support/openPage.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([
  [
    { code: 2, message: 'broken' },
    { code: 'error', message: 'broken' },
  ],
  [{ code: 'error' }, { code: 'error' }],
  [1, { code: 'ok' }],
  [{ code: 0 }, undefined],
] as const)('a status may be %j', async (status, sent) => {
  const page = await openPage();
  page.telemetry.startSpan('x').setStatus(status).end();
  expect((await page.trace()).root('x').span.status).toEqual(sent);
});

test.each([
  [0, 'internal'],
  [1, 'server'],
  [2, 'client'],
  [3, 'producer'],
  [4, 'consumer'],
])('the kind may be the number %i', async (kind, sent) => {
  const page = await openPage();
  page.telemetry.startSpan('x', {}, { kind }).end();
  expect((await page.trace()).root('x').span.kind).toBe(sent);
});

test('the trace state of a parent may be an object', async () => {
  const page = await openPage();
  const parent = {
    traceId: TRACE,
    spanId: SPAN,
    traceFlags: 1,
    traceState: { serialize: () => 'a=b' },
  };
  page.telemetry
    .startSpan('x', {}, { parent: { spanContext: () => parent } })
    .end();
  await page.telemetry.flush();
  expect(page.spans()).toMatchObject([
    { traceId: TRACE, parentSpanId: SPAN, traceState: 'a=b' },
  ]);
});

test('a time may be seconds and nanoseconds', async () => {
  const page = await openPage();
  page.telemetry
    .startSpan('x', {}, { startTime: [1_600_000_000, 250_000_000] })
    .end([1_600_000_001, 0]);
  expect((await page.trace()).root('x').span).toMatchObject({
    startTime: 1_600_000_000_250,
    endTime: 1_600_000_001_000,
  });
});

test('what is no status and no kind is refused with a message each, and the batch goes on', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const page = await openPage();
  for (let i = 0; i < 2; i++) {
    page.telemetry
      .startSpan(`x${i}`, {}, { kind: 'CLIENT' as never })
      .setStatus('ok')
      .setStatus('failed' as never)
      .setStatus({ code: 7 })
      .end();
  }
  await page.telemetry.flush();
  expect(page.spans()).toMatchObject([
    { name: 'x0', status: { code: 'ok' } },
    { name: 'x1', status: { code: 'ok' } },
  ]);
  expect(page.spans()[0]?.kind).toBeUndefined();
  expect(warn.mock.calls.map(([text]) => text as string)).toEqual([
    expect.stringContaining('CLIENT is no span kind'),
    expect.stringContaining('failed is no status'),
    expect.stringContaining('7 is no status'),
  ]);
});
