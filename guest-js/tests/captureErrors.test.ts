// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { openDomPage, type DomPage } from './support/openDomPage.js';

let stop = () => {};
afterEach(() => stop());

async function open(): Promise<DomPage> {
  const page = await openDomPage();
  stop = page.captureErrors();
  return page;
}

function fail(error: unknown): void {
  window.dispatchEvent(
    new ErrorEvent('error', {
      error,
      message: `Uncaught ${String(error)}`,
      filename: 'tauri://localhost/assets/index-4f2a.js?token=secret',
      lineno: 12,
      colno: 34,
    }),
  );
}

function reject(reason: unknown): void {
  const event = new Event('unhandledrejection');
  window.dispatchEvent(Object.assign(event, { reason }));
}

test('an uncaught error is an exception with its trace, position and causes', async () => {
  const page = await open();
  const span = page.api.telemetry.startSpan('outer');
  span.run(() => fail(new TypeError('no', { cause: new Error('why') })));
  const [log] = await page.logs();
  const { traceId, spanId } = span.spanContext();
  expect(log).toMatchObject({
    eventName: 'exception',
    severity: 17,
    traceId,
    spanId,
    attributes: {
      'exception.type': 'TypeError',
      'exception.message': 'no',
      'exception.stacktrace': expect.stringContaining('Caused by: Error: why'),
      'code.file.path': 'tauri://localhost/assets/index-4f2a.js',
      'code.line.number': 12,
      'code.column.number': 34,
    },
  });
});

test('an error in a click has the trace of the click', async () => {
  const page = await open();
  const stopClicks = page.traceInteractions();
  const button = page.show('<button>Send</button>');
  button.onclick = () => fail(new Error('no'));
  button.click();
  await page.wait(1000);
  const [log] = await page.logs();
  const { span } = (await page.tree()).root('click button Send');
  expect(log).toMatchObject({ traceId: span.traceId, spanId: span.spanId });
  stopClicks();
});

test('an unhandled rejection is an exception, its value only if that is an Error', async () => {
  const page = await open();
  reject(new RangeError('far'));
  reject({ password: 'secret' });
  fail('secret');
  const logs = await page.logs();
  expect(logs.map(({ attributes }) => attributes?.['exception.type'])).toEqual([
    'RangeError',
    'object',
    'string',
  ]);
  expect(JSON.stringify(logs)).not.toContain('secret');
});

test('what a span has recorded is not recorded again', async () => {
  const page = await open();
  const error = new Error('once');
  expect(() =>
    page.api.telemetry.withSpan('work', () => {
      throw error;
    }),
  ).toThrow();
  fail(error);
  reject(error);
  expect(await page.logs()).toEqual([]);
});

test('what a span of another copy of the package has recorded is not recorded again', async () => {
  const page = await open();
  vi.resetModules();
  const { telemetry } = await import('../index.js');
  expect(telemetry).not.toBe(page.api.telemetry);
  const error = new Error('once');
  expect(() =>
    telemetry.withSpan('work', () => {
      throw error;
    }),
  ).toThrow();
  fail(error);
  expect(await page.logs()).toEqual([]);
});

test('an error in a loop is recorded once in ten seconds, and the others are counted', async () => {
  const page = await open();
  const again = (stack = 'at loop (index.js:1:1)') => {
    const error = new Error('again');
    error.stack = stack;
    fail(error);
  };
  for (let n = 0; n < 500; n++) again();
  again('at another place (index.js:2:1)');
  fail(new Error('another'));
  await page.wait(10_000);
  again();
  const logs = await page.logs();
  expect(
    logs.map(({ attributes }) => [
      attributes?.['exception.message'],
      attributes?.['exception.repeated'],
    ]),
  ).toEqual([
    ['again', undefined],
    ['again', undefined],
    ['another', undefined],
    ['again', 499],
  ]);
});

test('of 64 different errors each is remembered, and the oldest is forgotten for another', async () => {
  const page = await open();
  const failAs = (number: number) => {
    const error = new Error(`error ${number}`);
    error.stack = '';
    fail(error);
  };
  for (let number = 0; number < 64; number++) failAs(number);
  failAs(0);
  expect(await page.logs()).toHaveLength(64);
  failAs(64);
  failAs(0);
  expect(await page.logs()).toHaveLength(66);
});

test('an image that cannot be loaded is no exception', async () => {
  const page = await open();
  page.show('<img>').dispatchEvent(new Event('error', { bubbles: true }));
  expect(await page.logs()).toEqual([]);
});

test('without telemetry nothing listens', async () => {
  const page = await openDomPage();
  Object.assign(globalThis, { __TAURI_OPENTELEMETRY__: undefined });
  page.captureErrors()();
  fail(new Error('no'));
  expect(await page.logs()).toEqual([]);
});
