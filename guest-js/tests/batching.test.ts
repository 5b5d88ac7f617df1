import { afterEach, expect, test, vi } from 'vitest';
import { OPENED, openPage, type FakePage } from './support/openPage.js';
import { BATCH_COMMAND } from './support/fakeTauri.js';

function make(page: FakePage, count: number): void {
  for (let i = 0; i < count; i++) page.telemetry.startSpan('x').end();
}

const sizes = (page: FakePage) => page.batches.map(({ spans }) => spans.length);

afterEach(() => {
  vi.restoreAllMocks();
});

test('the first span after a pause is sent soon, with its siblings', async () => {
  const page = await openPage();
  make(page, 1);
  expect(page.batches).toEqual([]);
  await page.wait(20);
  make(page, 1);
  await page.wait(30);
  expect(sizes(page)).toEqual([2]);
  expect(page.batches[0]).toMatchObject({ sentAt: OPENED + 50, dropped: 0 });
});

test('at most one message a second goes out in quiet times', async () => {
  const page = await openPage();
  for (let ms = 0; ms < 10_000; ms += 100) {
    make(page, 1);
    await page.wait(100);
  }
  const times = page.batches.map(({ sentAt }) => sentAt);
  expect(times.length).toBeLessThanOrEqual(10);
  times.slice(1).forEach((time, i) => {
    expect(time - (times[i] as number)).toBeGreaterThanOrEqual(1000);
  });
  await page.wait(1000);
  expect(page.spans()).toHaveLength(100);
});

test('a page that does nothing sends nothing', async () => {
  const page = await openPage();
  await page.wait(60_000);
  page.hide();
  page.leave();
  await page.telemetry.flush();
  expect(page.calls).toEqual([]);
});

test('a full batch goes at once', async () => {
  const page = await openPage();
  make(page, 511);
  expect(page.calls).toHaveLength(0);
  make(page, 1);
  expect(page.calls).toHaveLength(1);
  await page.wait(0);
  expect(sizes(page)).toEqual([512]);
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
