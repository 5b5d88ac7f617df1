// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openDomPage, type DomPage } from './support/openDomPage.js';
import type { CaptureConsoleOptions } from '../instrumentations.js';

const METHODS = ['debug', 'log', 'info', 'warn', 'error'] as const;

let stop = () => {};
let written: unknown[][];
beforeEach(() => {
  written = [];
  for (const method of METHODS)
    vi.spyOn(console, method).mockImplementation((...args) => {
      written.push(args);
    });
});
afterEach(() => {
  stop();
  vi.restoreAllMocks();
});

async function open(options?: CaptureConsoleOptions): Promise<DomPage> {
  const page = await openDomPage();
  stop = page.captureConsole(options);
  return page;
}

test('lines from the level up are events, and all are on the console', async () => {
  const page = await open({ level: 'info' });
  for (const method of METHODS) console[method](method, 7, true);
  expect(written).toHaveLength(5);
  const logs = await page.logs();
  expect(
    logs.map(({ eventName, severity, body }) => [eventName, severity, body]),
  ).toEqual([
    ['browser.console', 9, 'log 7 true'],
    ['browser.console', 9, 'info 7 true'],
    ['browser.console', 13, 'warn 7 true'],
    ['browser.console', 17, 'error 7 true'],
  ]);
  expect(logs[3]?.attributes).toEqual({ 'browser.console.method': 'error' });
});

test('by default warnings and errors', async () => {
  const page = await open();
  for (const method of METHODS) console[method](method);
  expect((await page.logs()).map(({ body }) => body)).toEqual([
    'warn',
    'error',
  ]);
});

test('an error has its stack, an object only its type, and the trace is that of the code', async () => {
  const page = await open();
  const span = page.api.telemetry.startSpan('outer');
  span.run(() =>
    console.error('failed', new TypeError('no'), { password: 'secret' }),
  );
  const [log] = await page.logs();
  expect(log).toMatchObject({
    body: 'failed TypeError: no [object Object]',
    spanId: span.spanContext().spanId,
    attributes: {
      'exception.type': 'TypeError',
      'exception.message': 'no',
      'exception.stacktrace': expect.stringContaining('TypeError'),
    },
  });
  expect(JSON.stringify(log)).not.toContain('secret');
});

test('a line that an argument writes about itself does not recurse', async () => {
  const page = await open();
  const chatty = {
    get [Symbol.toStringTag]() {
      console.error('inner');
      return 'Chatty';
    },
  };
  console.error(chatty);
  expect((await page.logs()).map(({ body }) => body)).toEqual([
    '[object Chatty]',
  ]);
});

test('an argument that throws when it is looked at does not fail the line', async () => {
  const page = await open();
  console.error({
    get [Symbol.toStringTag](): string {
      throw new Error('mine');
    },
  });
  console.error('after');
  expect(written).toHaveLength(2);
  expect((await page.logs()).map(({ body }) => body)).toEqual(['after']);
});

test('what the plugin writes is not telemetry', async () => {
  const page = await open();
  page.kernel.warn('something');
  expect(written).toHaveLength(1);
  expect(await page.logs()).toEqual([]);
});

test('of a storm 200 lines in a second are recorded, the others are counted, and spans still get through', async () => {
  const page = await open();
  for (let n = 0; n < 10_000; n++) console.error('storm', n);
  page.api.telemetry.startSpan('mine').end();
  await page.wait(1000);
  console.error('after');
  const logs = await page.logs();
  expect(logs).toHaveLength(201);
  expect(logs[200]?.attributes?.['browser.console.dropped']).toBe(9800);
  (await page.tree()).root('mine');
  expect(page.tauri.batches.every(({ dropped }) => dropped === 0)).toBe(true);
});

test('after the stop the console is what it was', async () => {
  const { error } = console;
  await open();
  stop();
  expect(console.error).toBe(error);
});
