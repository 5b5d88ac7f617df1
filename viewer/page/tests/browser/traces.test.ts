import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { stage } from '../support/browser';
import { IDS } from '../support/world.mjs';

const viewer = stage();

const asked = (route: string) =>
  viewer.server.requests
    .filter(({ url }) => url.startsWith(`${route}?`) || url === route)
    .map(({ url }) => new URL(url, 'http://localhost').searchParams);

test('a trace that arrives is listed without a reload', async () => {
  const page = await viewer.open('#/traces');
  const rows = page.getByRole('row');
  await rows.nth(1).waitFor();
  // Once at the start, and once when the page began to listen: what comes now is told by an event.
  await expect.poll(() => asked('/api/traces').length).toBe(2);
  const first = await rows.nth(1).textContent();
  viewer.server.arrive();
  await expect.poll(() => rows.nth(1).textContent()).not.toBe(first);
  expect(await rows.nth(1).getAttribute('class')).toBe('fresh');
});

test('nothing is asked for while the page is paused', async () => {
  const page = await viewer.open('#/traces?service=messenger');
  const mine = () =>
    asked('/api/traces').filter((query) => query.has('service')).length;
  // Once at the start, and once when the page began to listen.
  await expect.poll(mine).toBe(2);
  await page.keyboard.press('l');
  await page.getByText('paused').waitFor();
  // Both pages are told at once, and this one shows it.
  const other = await viewer.open('#/traces');
  const id = viewer.server.arrive();
  await expect
    .poll(() => other.getByRole('row').nth(1).getAttribute('data-key'))
    .toBe(id);
  expect(mine()).toBe(2);
  // What came in meanwhile is listed, though nothing else arrives.
  await page.keyboard.press('l');
  await expect
    .poll(() => page.getByRole('row').nth(1).getAttribute('data-key'))
    .toBe(id);
});

test('a tab that is not seen gives its connection back, and lists what came meanwhile once it is', async () => {
  const page = await viewer.open('#/traces');
  const first = page.getByRole('row').nth(1);
  await first.waitFor();
  await expect.poll(() => viewer.server.listening).toBe(1);
  const turn = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', {
        value: hidden,
        configurable: true,
      });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await turn(true);
  await expect.poll(() => viewer.server.listening).toBe(0);
  const id = viewer.server.arrive();
  await turn(false);
  await expect.poll(() => viewer.server.listening).toBe(1);
  await expect.poll(() => first.getAttribute('data-key')).toBe(id);
});

test('what is typed into the filter is asked for and is in the link', async () => {
  const page = await viewer.open('#/traces');
  await page.getByRole('searchbox').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('service:relay >1ms error');
  await expect
    .poll(() => Object.fromEntries(asked('/api/traces').at(-1) ?? []))
    .toMatchObject({ service: 'relay', minDuration: '1ms', error: 'true' });
  await expect
    .poll(() => page.url())
    .toContain('service=relay&minDuration=1ms&error=true');
  const rows = page.getByRole('row');
  await expect.poll(() => rows.count()).toBeGreaterThan(1);
  await expect
    .poll(() => page.getByRole('row').filter({ hasNotText: 'relay' }).count())
    .toBe(1);
});

test('the filter keeps the focus while it is emptied', async () => {
  const page = await viewer.open('#/traces');
  await page.getByRole('row').nth(1).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('zzz');
  await page.getByText('No trace matches').waitFor();
  for (const key of ['Backspace', 'Backspace', 'Backspace'])
    await page.keyboard.press(key);
  await page.getByRole('row').nth(1).waitFor();
  await page.keyboard.type('send');
  await expect.poll(() => page.url()).toContain('search=send');
});

test('a stretch of the histogram that is dragged over becomes the time window', async () => {
  const page = await viewer.open('#/traces');
  const box = await page.locator('.histogram-frame').boundingBox();
  if (!box) throw new Error('there is a histogram');
  await page.mouse.move(box.x + box.width * 0.5, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 30, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => page.url()).toMatch(/start=\d+&end=\d+/);
  await expect
    .poll(() => {
      const query = asked('/api/traces').at(-1);
      return Number(query?.get('end')) - Number(query?.get('start'));
    })
    .toBeGreaterThan(60_000);
  // The back button shows everything again.
  await page.goBack();
  expect(page.url()).not.toContain('start=');
});

test('rows are walked through and opened by keys', async () => {
  const page = await viewer.open('#/traces');
  await page.getByRole('row').nth(1).waitFor();
  const ids = await page
    .locator('[data-key]')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-key')));
  for (const key of ['j', 'j', 'j', 'k']) await page.keyboard.press(key);
  // What the keys choose has the focus, so a screen reader says it; Tab goes on from there.
  expect(
    await page.evaluate(() => document.activeElement?.getAttribute('href')),
  ).toBe(`#/trace/${ids[1]}`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Logs of this trace').waitFor();
  expect(page.url()).toContain(`#/trace/${ids[2]}`);
  await page.keyboard.press('Escape');
  await page.getByRole('table', { name: 'Traces' }).waitFor();
});

test('a copied link names the run and shows it as it grows', async () => {
  const page = await viewer.open('#/logs?last=5m');
  await page.locator('.foot').waitFor();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.keyboard.press('y');
  await page.getByText('The link is copied').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const { hash } = new URL(copied);
  expect(hash).toMatch(/^#\/logs\?start=\d+&end=\d+&run=r4$/);

  const again = await viewer.open(hash);
  const foot = again.locator('.foot > :first-child');
  await foot.waitFor();
  const before = await foot.textContent();
  viewer.server.arrive();
  await expect.poll(() => foot.textContent()).not.toBe(before);
});

test('what is shown is saved as OTLP JSON', async () => {
  const page = await viewer.open('#/traces?error=true');
  await page.getByRole('row').nth(1).waitFor();
  const download = page.waitForEvent('download');
  await page.keyboard.press('x');
  expect((await download).suggestedFilename()).toBe('traces.jsonl');
  const exported = asked('/api/export').at(-1);
  expect(exported?.get('error')).toBe('true');
  expect(exported?.get('signal')).toBe('traces');
});

test('every filter of what is shown is one of the export', async () => {
  const page = await viewer.open(
    '#/traces?attribute=a%3D1&attribute=b%3D2&window=main',
  );
  const save = async (name: string) => {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).click();
    expect((await download).suggestedFilename()).toBe(name);
    return asked('/api/export').at(-1);
  };
  const traces = await save('traces.jsonl');
  expect(traces?.getAll('attribute')).toEqual(['a=1', 'b=2']);
  expect(traces?.get('window')).toBe('main');
  await page.goto(`${viewer.server.url}#/logs?severity=warn&search=peer`);
  const logs = await save('logs.jsonl');
  expect([...(logs ?? [])]).toEqual([
    ['search', 'peer'],
    ['severity', 'warn'],
    ['signal', 'logs'],
  ]);
});

test('what is shown is compared with what is shown later', async () => {
  const page = await viewer.open('#/traces?service=relay&last=10m');
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await page.goto(`${viewer.server.url}#/traces?window=main`);
  await page.getByRole('button', { name: 'Compare with this' }).click();
  await page.getByRole('table', { name: 'Comparison' }).waitFor();
  const sides = asked('/api/compare').at(-1);
  expect(sides?.get('a.service')).toBe('relay');
  expect(Number(sides?.get('a.start'))).toBeGreaterThan(0);
  expect(sides?.get('b.window')).toBe('main');
  await page.getByText('service relay').first().waitFor();
  await page.getByText('window main').first().waitFor();
});

test('what comes after a mark is compared with what was before it', async () => {
  const page = await viewer.open('#/runs');
  await page.getByRole('button', { name: 'Mark now' }).click();
  await page.getByRole('table', { name: 'Comparison' }).waitFor();
  const sides = asked('/api/compare').at(-1);
  expect(Number(sides?.get('a.end'))).toBeGreaterThan(Date.now() - 60_000);
  expect(sides?.get('b.start')).toBe(sides?.get('a.end'));
});

test.each(['#/errors?limit=1', '#/logs?limit=1'])(
  'the rest of %s is one click away',
  async (fragment) => {
    const page = await viewer.open(fragment);
    await page.getByRole('button', { name: 'More' }).click();
    await page.locator('.log, tbody tr').nth(1).waitFor();
  },
);

test('a list grows up to what the API gives at once', async () => {
  const { traces } = viewer.server.state;
  const ids = Array.from({ length: 1000 }, (_, index) => String(index));
  const one = traces.get(IDS.send);
  for (const traceId of ids) traces.set(traceId, { ...one, traceId });
  onTestFinished(() => ids.forEach((id) => traces.delete(id)));
  const page = await viewer.open('#/traces?limit=950');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByText('Filter the list').waitFor();
  expect(await page.getByRole('row').count()).toBe(1001);
});

/** Drops a file on a page. */
const drop = (page: Page, name: string, content: string) =>
  page.evaluate(
    ([name, content]) => {
      const data = new DataTransfer();
      data.items.add(new File([content], name));
      for (const type of ['dragover', 'drop'])
        dispatchEvent(
          new DragEvent(type, { dataTransfer: data, cancelable: true }),
        );
    },
    [name, content] as const,
  );

test('a file that is dropped is opened as a run', async () => {
  const page = await viewer.open('#/traces');
  await page.getByRole('row').nth(1).waitFor();
  await drop(page, 'bug report.jsonl', '{"resourceSpans":[]}\n');
  await page.getByText('bug report.jsonl: 3 spans', { exact: true }).waitFor();
  expect(viewer.server.state.opened).toEqual([
    { name: 'bug report.jsonl', body: '{"resourceSpans":[]}\n' },
  ]);
  expect(page.url()).toContain('#/traces?run=r1');
});

test('a file of metrics that is dropped is opened where they are shown', async () => {
  const page = await viewer.open('#/traces');
  await page.getByRole('row').nth(1).waitFor();
  await drop(page, 'metrics.jsonl', '{"resourceMetrics":[]}\n');
  await page
    .getByText('metrics.jsonl: 12 data points', { exact: true })
    .waitFor();
  expect(page.url()).toContain('#/metrics?run=r1');
});

test('the slowest call of a command is one click away', async () => {
  const page = await viewer.open('#/commands');
  await page
    .getByRole('row', { name: /send_message/ })
    .getByRole('link', { name: '→' })
    .click();
  await page.getByText('Logs of this trace').waitFor();
  expect(page.url()).toMatch(/#\/trace\/[0-9a-f]{32}\?span=[0-9a-f]{16}/);
});

test('the help lists the keys of the view', async () => {
  const page = await viewer.open('#/traces');
  await page.getByRole('row').nth(1).waitFor();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog');
  await help.getByText('pause or go on live').waitFor();
  await help.getByText('⏎ opens it').waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => help.count()).toBe(0);
});
