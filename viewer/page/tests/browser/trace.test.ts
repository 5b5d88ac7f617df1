import { expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { stage } from '../support/browser';
import { IDS } from '../support/world.mjs';

const viewer = stage();

/** The name of the selected span. */
const selected = (page: Page) => page.locator('.span-name').textContent();

async function openTrace(id: string, query = '') {
  const page = await viewer.open(`#/trace/${id}${query}`);
  await page.locator('.span-name').waitFor();
  return page;
}

test('errors are gone through one by one', async () => {
  const page = await openTrace(IDS.failed);
  const names = [];
  for (let press = 0; press < 4; press += 1) {
    await page.keyboard.press('e');
    names.push(await selected(page));
  }
  expect(names).toEqual([
    'send_message',
    'send_message',
    'push bob',
    'send_message',
  ]);
  await page.keyboard.press('E');
  await expect.poll(() => selected(page)).toBe('push bob');
  await page.getByText('bob is not connected').waitFor();
});

test('the link follows the selection, and opens where it was copied', async () => {
  const page = await openTrace(IDS.failed);
  // From then on the link follows.
  await page.waitForURL(/span=/);
  await page.keyboard.press('E');
  await expect.poll(() => selected(page)).toBe('push bob');
  const again = await viewer.open(await page.evaluate(() => location.hash));
  await again.locator('.span-name').waitFor();
  expect(await selected(again)).toBe('push bob');
});

test('a search selects the first match and counts them', async () => {
  const page = await openTrace(IDS.send);
  await page.keyboard.press('/');
  await page.keyboard.type('sqlite');
  await expect.poll(() => selected(page)).toBe('INSERT outbox');
  await page.getByText('2 matches').waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(() => selected(page)).toBe('SELECT messages');
});

test('the tree is walked through by the arrows', async () => {
  const page = await openTrace(IDS.send);
  const walk = async (key: string, name: string) => {
    await page.keyboard.press(key);
    await expect.poll(() => selected(page)).toBe(name);
  };
  await walk('ArrowRight', 'send_message');
  await walk('ArrowLeft', 'click “Send”');
  await walk('j', 'send_message');
});

test('an invoke is split into its five parts', async () => {
  const page = await openTrace(IDS.send);
  await page.keyboard.press('j');
  await page.locator('.split-list').waitFor();
  expect(
    await page
      .locator('.split-list > div > span:first-of-type')
      .allTextContents(),
  ).toEqual(['page', 'IPC', 'queue', 'body', 'return']);
});

test('a log record selects the span that wrote it', async () => {
  const page = await openTrace(IDS.failed);
  await page.getByRole('button', { name: /push bob: not connected/ }).click();
  await expect.poll(() => selected(page)).toBe('push bob');
});

test('a bar is selected by a click on it', async () => {
  const page = await openTrace(IDS.send);
  const box = await page.locator('.scroller').boundingBox();
  if (!box) throw new Error('there is a timeline');
  // The second row of the first lane: send_message, not far from the left.
  await page.mouse.click(box.x + 168 + 80, box.y + 5 + 22 + 11);
  await expect.poll(() => selected(page)).toBe('send_message');
});

test('what is missing is said with its cause', async () => {
  const page = await openTrace(IDS.send);
  await page.getByText('12 spans dropped: queue full').waitFor();
  await page.getByText(/clocks ± 42 µs/).waitFor();
});

test('lanes, tree and flame graph show the same trace', async () => {
  const page = await openTrace(IDS.send);
  for (const mode of ['tree', 'flame', 'lanes']) {
    await page.keyboard.press('v');
    await page.getByRole('group', { name: `${mode} of` }).waitFor();
    await page.getByRole('button', { name: mode, pressed: true }).waitFor();
  }
});

test('zooming in shows a part, and 0 the whole', async () => {
  const page = await openTrace(IDS.send);
  const part = page.locator('.overview .window');
  await page.keyboard.press('+');
  await part.waitFor();
  await page.keyboard.press('0');
  await expect.poll(() => part.count()).toBe(0);
});

test('a fresh trace keeps selection, search and zoom when others arrive', async () => {
  const id = viewer.server.arrive();
  const page = await openTrace(id);
  await page.keyboard.press('+');
  await page.keyboard.press('/');
  await page.keyboard.type('outbox');
  await page.keyboard.press('Escape');
  await expect.poll(() => selected(page)).toBe('INSERT outbox');
  const again = async () => {
    const answer = page.waitForResponse((one) => one.url().endsWith(id));
    viewer.server.arrive();
    await (await answer).finished();
  };
  await again();
  await page.keyboard.press('ArrowLeft');
  await again();
  expect(await selected(page)).toBe('run send_message');
  const link = new URL(page.url()).hash;
  await page.getByText('1 match', { exact: true }).waitFor();
  await page.locator('.overview .window').waitFor();
  const copied = await viewer.open(link);
  await expect.poll(() => selected(copied)).toBe('run send_message');
});

test('what a frame draws is bounded by the pixels, not by the 50 000 spans', async () => {
  const page = await openTrace(IDS.archive);
  const drawn = await page.evaluate(async () => {
    let calls = 0;
    const prototype = CanvasRenderingContext2D.prototype;
    for (const name of ['fillRect', 'fill', 'fillText', 'stroke'] as const) {
      const real = prototype[name] as (...args: unknown[]) => void;
      prototype[name] = function (this: unknown, ...args: unknown[]) {
        calls += 1;
        real.apply(this, args);
      } as never;
    }
    const scroller = document.querySelector('.scroller');
    const frame = () =>
      new Promise((resolve) =>
        requestAnimationFrame(() => requestAnimationFrame(resolve)),
      );
    const most = [];
    for (const top of [100, 1500, 3000]) {
      calls = 0;
      scroller?.scrollTo(0, top);
      await frame();
      most.push(calls);
    }
    return most;
  });
  for (const calls of drawn) {
    expect(calls).toBeGreaterThan(50);
    // 40 rows of at most 870 pixels, every second of them a gap, with the marks of the critical path.
    expect(calls).toBeLessThan(20_000);
  }
});
