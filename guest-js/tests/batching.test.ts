import { afterEach, describe, expect, test, vi } from 'vitest';
import type { PageBatch } from '../bindings/PageBatch.js';
import {
  HOUR,
  OPENED,
  openPage,
  stopClock,
  type FakePage,
} from './support/openPage.js';
import { BATCH_COMMAND } from './support/fakeTauri.js';

function make(page: FakePage, count: number): void {
  for (let i = 0; i < count; i++) page.telemetry.startSpan('x').end();
}

const sizes = (page: FakePage) => page.batches.map(({ spans }) => spans.length);

afterEach(() => {
  vi.restoreAllMocks();
});

test('a batch goes when the page has been quiet for a moment', async () => {
  const page = await openPage();
  for (let i = 0; i < 10; i++) {
    make(page, 1);
    await page.wait(20);
  }
  expect(page.batches).toEqual([]);
  await page.wait(100);
  expect(sizes(page)).toEqual([10]);
  expect(page.calls[0]?.at).toBeLessThanOrEqual(OPENED + 180 + 100);
});

test('no batch waits for more than a second', async () => {
  const page = await openPage();
  for (let ms = 0; ms < 5000; ms += 10) {
    make(page, 1);
    await page.wait(10);
  }
  await page.wait(1000);
  const waits = page.calls.map(
    ({ at, payload }) => at - ((payload as PageBatch).spans[0]?.endTime ?? 0),
  );
  expect(Math.max(...waits)).toBeLessThanOrEqual(1100);
  expect(page.batches.length).toBeLessThanOrEqual(6);
});

test('a page that does a little all the time sends at most four messages a second', async () => {
  const page = await openPage();
  for (let ms = 0; ms < 10_000; ms += 100) {
    make(page, 1);
    await page.wait(100);
  }
  const times = page.calls.map(({ at }) => at);
  times.slice(1).forEach((time, i) => {
    expect(time - (times[i] as number)).toBeGreaterThanOrEqual(250);
  });
  await page.wait(1000);
  expect(page.spans()).toHaveLength(100);
});

test('a batch says how far the clock of the page is behind', async () => {
  const page = await openPage();
  make(page, 1);
  await page.telemetry.flush();
  stopClock();
  make(page, 1);
  await page.telemetry.flush();
  expect(page.batches.map(({ drift }) => drift)).toEqual([0, HOUR]);
});

test('a page that does nothing sends nothing', async () => {
  const page = await openPage();
  await page.wait(60_000);
  page.hide();
  page.leave();
  await page.telemetry.flush();
  expect(page.calls).toEqual([]);
});

test('three full batches go at once, one after the other', async () => {
  const page = await openPage();
  make(page, 3 * 512 - 1);
  expect(page.calls).toHaveLength(0);
  make(page, 1);
  expect(page.calls).toHaveLength(1);
  await page.wait(0);
  expect(sizes(page)).toEqual([512, 512, 512]);
});

test('one batch is under way at a time; what does not fit the queue is dropped and counted', async () => {
  const page = await openPage();
  let answer: (() => void) | undefined;
  const take = page.commands[BATCH_COMMAND];
  page.commands[BATCH_COMMAND] = (call) =>
    new Promise((resolve) => {
      answer = () => {
        resolve(take?.(call));
      };
    });
  make(page, 512 + 2048 + 7);
  expect(page.calls).toHaveLength(1);
  if (take) page.commands[BATCH_COMMAND] = take;
  answer?.();
  await page.wait(2000);
  expect(sizes(page)).toEqual([512, 512, 512, 512, 512]);
  expect(page.batches.map(({ dropped }) => dropped)).toEqual([0, 7, 0, 0, 0]);
});

test('flush sends what there is, in whole batches, and waits for the answer', async () => {
  const page = await openPage();
  make(page, 3);
  await page.telemetry.flush();
  expect(sizes(page)).toEqual([3]);
  await page.telemetry.flush();
  expect(sizes(page)).toEqual([3]);
});

test('a batch that fails is tried once more', async () => {
  const page = await openPage();
  const take = page.commands[BATCH_COMMAND];
  page.commands[BATCH_COMMAND] = () => {
    if (take) page.commands[BATCH_COMMAND] = take;
    throw 'busy';
  };
  make(page, 2);
  await page.telemetry.flush();
  expect(page.calls).toHaveLength(2);
  expect(sizes(page)).toEqual([2]);
});

test('a batch that fails twice is counted in the next, without noise and without a loop', async () => {
  const debug = vi.spyOn(console, 'debug').mockReturnValue();
  const page = await openPage();
  const take = page.commands[BATCH_COMMAND];
  page.commands[BATCH_COMMAND] = () => {
    throw 'denied';
  };
  make(page, 2);
  await page.telemetry.flush();
  make(page, 3);
  await page.telemetry.flush();
  await page.wait(60_000);
  expect(page.calls).toHaveLength(4);
  expect(debug).toHaveBeenCalledOnce();
  if (take) page.commands[BATCH_COMMAND] = take;
  make(page, 1);
  await page.telemetry.flush();
  expect(page.batches).toMatchObject([{ dropped: 5, spans: [{}] }]);
});

test('an `invoke` that throws is a failed send', async () => {
  vi.spyOn(console, 'debug').mockReturnValue();
  const page = await openPage();
  vi.spyOn(page.internals, 'invoke').mockImplementation(() => {
    throw new Error('mocked away');
  });
  make(page, 1);
  await expect(page.telemetry.flush()).resolves.toBeUndefined();
});

test('a page that is hidden sends what it has', async () => {
  const page = await openPage();
  make(page, 2);
  page.hide();
  await page.wait(0);
  expect(sizes(page)).toEqual([2]);
});

test('large items make smaller batches, and the queue is bounded by their bytes', async () => {
  const page = await openPage();
  let answer: (() => void) | undefined;
  const take = page.commands[BATCH_COMMAND];
  page.commands[BATCH_COMMAND] = (call) =>
    new Promise((resolve) => {
      answer = () => {
        resolve(take?.(call));
      };
    });
  // Some 256 KiB each, so four of them are a batch.
  const text = 'x'.repeat(4096);
  const attributes = Object.fromEntries(
    Array.from({ length: 63 }, (_, i) => [`a${i}`, text]),
  );
  for (let i = 0; i < 30; i++) page.telemetry.startSpan('x', attributes).end();
  if (take) page.commands[BATCH_COMMAND] = take;
  answer?.();
  await page.wait(5000);
  // One under way and four that wait.
  expect(sizes(page)).toEqual([4, 4, 4, 4, 4]);
  expect(page.batches.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(10);
});

test('an item that is larger than a batch goes alone', async () => {
  const page = await openPage();
  make(page, 1);
  page.kernel.emit('logs', {
    time: OPENED,
    severity: 9,
    body: 'x'.repeat(2_000_000),
  });
  make(page, 1);
  await page.wait(3000);
  expect(
    page.batches.map(({ spans, logs }) => [spans.length, logs?.length]),
  ).toEqual([
    [1, undefined],
    [0, 1],
    [1, undefined],
  ]);
});

test('logs, measurements, scopes and attributes of all items go in the same batch', async () => {
  const page = await openPage();
  const { kernel } = page;
  const scope = kernel.scope('shop', '1.2');
  expect(kernel.scope('shop', '1.2')).toBe(scope);
  expect(kernel.scope('shop')).not.toBe(scope);
  kernel.setBatchAttributes({ 'session.id': '1' });
  const log = { time: OPENED, severity: 9, body: 'sold', scope };
  const measurement = { kind: 'counter', name: 'sales', value: 1 } as const;
  kernel.emit('logs', log);
  kernel.emit('metrics', measurement);
  make(page, 1);
  await kernel.flush();
  expect(page.batches).toMatchObject([
    {
      attributes: { 'session.id': '1' },
      scopes: [{ name: 'shop', version: '1.2' }, { name: 'shop' }],
      spans: [{ name: 'x' }],
      logs: [log],
      metrics: [measurement],
    },
  ]);
});

test('what was emitted before the attributes changed keeps the old ones', async () => {
  const page = await openPage();
  page.kernel.setBatchAttributes({ 'session.id': '1' });
  make(page, 1);
  page.kernel.setBatchAttributes({ 'session.id': '2' });
  make(page, 1);
  await page.telemetry.flush();
  expect(page.batches).toMatchObject([
    { attributes: { 'session.id': '1' } },
    { attributes: { 'session.id': '2' } },
  ]);
});

test('there are 32 scopes at most', async () => {
  const { kernel } = await openPage();
  const numbers = Array.from({ length: 40 }, (_, i) => kernel.scope(`s${i}`));
  expect(numbers.filter((number) => number !== undefined)).toHaveLength(32);
  expect(kernel.scope('s0')).toBe(0);
});

test('the oldest of too many open spans is sent as unfinished', async () => {
  const page = await openPage();
  const first = page.telemetry.startSpan('first');
  for (let i = 1; i <= 4096; i++) page.telemetry.startSpan('leaked');
  expect(first.isRecording()).toBe(false);
  await page.telemetry.flush();
  expect(page.spans()).toMatchObject([
    { name: 'first', attributes: { 'span.unfinished': true } },
  ]);
});

describe('when the capability lacks the permission', () => {
  /** A page whose batches are refused, as a release build does it or a debug build. */
  async function refused(refusal: string) {
    const page = await openPage();
    const take = page.commands[BATCH_COMMAND];
    page.commands[BATCH_COMMAND] = () => {
      throw refusal;
    };
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    return { page, take, warn };
  }

  const RELEASE = `Command ${BATCH_COMMAND} not allowed by ACL`;
  const DEBUG = `opentelemetry.log_trace_span not allowed. Permissions associated with this command: opentelemetry:default`;
  const DENIED = `opentelemetry.log_trace_span explicitly denied on origin local\n\nreferenced by: capability: main, permission: deny-log-trace-span`;

  test.each([RELEASE, DEBUG, DENIED])(
    'one warning names it: %s',
    async (refusal) => {
      const { page, warn } = await refused(refusal);
      for (let i = 0; i < 5; i++) {
        make(page, 1);
        await page.wait(60_000);
      }
      expect(warn.mock.calls).toEqual([
        [expect.stringContaining('"opentelemetry:default"')],
      ]);
    },
  );

  test('the pauses between two attempts grow, and no attempt is repeated', async () => {
    const { page } = await refused(RELEASE);
    const times: number[] = [];
    const refuse = page.commands[BATCH_COMMAND];
    page.commands[BATCH_COMMAND] = (call) => {
      times.push(Date.now() - OPENED);
      return refuse?.(call);
    };
    for (let second = 0; second < 700; second++) {
      make(page, 60);
      await page.wait(1000);
    }
    const pauses = times.slice(1).map((time, i) => time - (times[i] as number));
    expect(pauses).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 320_000]);
  });

  test('what is lost meanwhile is counted, and a grant ends the pause', async () => {
    const { page, take } = await refused(RELEASE);
    make(page, 3);
    await page.wait(100);
    make(page, 2);
    if (take) page.commands[BATCH_COMMAND] = take;
    await page.wait(10_000);
    make(page, 1);
    await page.wait(1000);
    expect(sizes(page)).toEqual([2, 1]);
    expect(page.batches.map(({ dropped }) => dropped)).toEqual([3, 0]);
  });
});
