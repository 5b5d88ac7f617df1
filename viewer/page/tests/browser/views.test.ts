import { expect, onTestFinished, test } from 'vitest';
import type { Trace } from '../../src/bindings/Trace';
import { stage } from '../support/browser';
import { IDS } from '../support/world.mjs';

const viewer = stage();

const VIEWS: [string, string][] = [
  ['#/traces', 'table'],
  [`#/trace/${IDS.send}`, '.span-name'],
  ['#/commands', 'table'],
  ['#/errors', 'table'],
  ['#/logs', '.log'],
  ['#/metrics/rpc.server.call.duration', '.exemplar'],
  ['#/metrics/process.cpu.time', '.chart canvas'],
  ['#/map', 'svg .node'],
  ['#/runs?a.run=r3&b.run=r4', 'table[aria-label="Comparison"]'],
];

/** Runs in the page: what has no name for somebody who does not see it, and text that has too little contrast. */
function inspect(): string[] {
  const found: string[] = [];
  const named = 'button, a, input, select, dialog, table, [role="img"], canvas';
  for (const element of document.querySelectorAll<HTMLElement>(named)) {
    if (element.closest('[aria-hidden="true"], [role="img"] *')) continue;
    const label =
      element.getAttribute('aria-label') ??
      element.getAttribute('aria-labelledby') ??
      element.textContent ??
      '';
    if (!label.trim()) found.push(`no name: ${element.outerHTML.slice(0, 90)}`);
  }
  const canvas = document.createElement('canvas').getContext('2d');
  const rgb = (colour: string): [number, number, number, number] => {
    if (!canvas) return [0, 0, 0, 0];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a];
  };
  const luminance = (colour: number[]) => {
    const [r = 0, g = 0, b = 0] = colour.map((part) => {
      const share = part / 255;
      return share <= 0.04045
        ? share / 12.92
        : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const element of document.querySelectorAll<HTMLElement>('body *')) {
    const own = [...element.childNodes].some(
      (node) => node.nodeType === 3 && node.textContent?.trim(),
    );
    if (!own || element.closest('svg, .hidden-text, [hidden]')) continue;
    let ground: HTMLElement | null = element;
    while (ground && rgb(getComputedStyle(ground).backgroundColor)[3] < 255)
      ground = ground.parentElement;
    const back = luminance(
      rgb(getComputedStyle(ground ?? document.body).backgroundColor).slice(
        0,
        3,
      ),
    );
    const front = luminance(rgb(getComputedStyle(element).color).slice(0, 3));
    const contrast =
      (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
    if (contrast < 4.5)
      found.push(
        `contrast ${contrast.toFixed(2)}: ${element.className} ${element.textContent?.slice(0, 40)}`,
      );
  }
  return [...new Set(found)];
}

test.each(
  VIEWS.flatMap(([fragment, ready]) =>
    (['light', 'dark'] as const).map(
      (theme) => [fragment, theme, ready] as const,
    ),
  ),
)(
  '%s in %s can be read, with names for everything',
  async (fragment, colorScheme, ready) => {
    const page = await viewer.open(fragment, { colorScheme });
    await page.locator(ready).first().waitFor();
    await page.locator('.foot').waitFor();
    expect(await page.evaluate(inspect)).toEqual([]);
  },
);

test('the theme is chosen by a key and kept', async () => {
  const page = await viewer.open('#/traces');
  await page.getByRole('row').nth(1).waitFor();
  const ground = () =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.keyboard.press('t');
  await expect.poll(ground).not.toBe(light);
  const dark = await ground();
  await page.reload();
  await page.getByRole('row').nth(1).waitFor();
  expect(await ground()).toBe(dark);
});

test('nothing moves for those who asked for that', async () => {
  const page = await viewer.open('#/traces', { reducedMotion: 'reduce' });
  await page.getByRole('row').nth(1).waitFor();
  viewer.server.arrive();
  await page.locator('tr.fresh').first().waitFor();
  const running = await page.evaluate(() => document.getAnimations().length);
  expect(running).toBe(0);
});

test('views are reached by number, and what has the focus can be seen', async () => {
  const page = await viewer.open('#/traces');
  await page.getByRole('row').nth(1).waitFor();
  const titles = [
    'Traces',
    'Commands',
    'Errors',
    'Logs',
    'Metrics',
    'Map',
    'Runs',
  ];
  for (const [index, title] of titles.entries()) {
    await page.keyboard.press(String(index + 1));
    await page
      .locator('nav [aria-current="page"]', { hasText: title })
      .waitFor();
  }
  await page.keyboard.press('Tab');
  const outline = await page.evaluate(
    () =>
      document.activeElement &&
      getComputedStyle(document.activeElement).outlineStyle,
  );
  expect(outline).toBe('solid');
});

test('an exemplar opens its trace', async () => {
  const page = await viewer.open('#/metrics/rpc.server.call.duration');
  await page.locator('.exemplar').first().click({ force: true });
  await page.locator('.span-name').waitFor();
  expect(page.url()).toContain(`#/trace/${IDS.send}`);
});

test('points that are steps apart are seen', async () => {
  const page = await viewer.open('#/metrics/sensor.temperature');
  const chart = page.locator('.chart canvas');
  /** Pixels that are no grey, as texts and lines of the grid are. */
  const coloured = () =>
    chart.evaluate((canvas: HTMLCanvasElement) => {
      const { width, height } = canvas;
      const data = canvas.getContext('2d')?.getImageData(0, 0, width, height);
      let count = 0;
      for (let at = 0; at < (data?.data.length ?? 0); at += 4) {
        const rgb = data?.data.slice(at, at + 3) ?? [];
        if (Math.max(...rgb) - Math.min(...rgb) > 60) count += 1;
      }
      return count;
    });
  // A dot for each of them.
  await expect.poll(coloured).toBeGreaterThan(37 * 4);
});

test('the catalogue stays where it is while its metrics are looked at', async () => {
  const page = await viewer.open('#/metrics');
  await page.setViewportSize({ width: 1400, height: 300 });
  const catalogue = page.locator('.catalogue');
  await catalogue.getByText('webview.long_tasks').click();
  const top = () => catalogue.evaluate(({ scrollTop }) => scrollTop);
  await page.getByRole('heading', { name: 'webview.long_tasks' }).waitFor();
  expect(await top()).toBeGreaterThan(0);
});

test('how long ago an error was grows while nothing arrives', async () => {
  viewer.server.arrive({ fails: true });
  const page = await viewer.open('#/errors');
  const last = page.getByText(/^now$|^\d+ s ago$/).first();
  await last.waitFor();
  const before = await last.textContent();
  await expect.poll(() => last.textContent()).not.toBe(before);
});

test('times of another day have their day', async () => {
  const { traces } = viewer.server.state;
  const earlier = Date.now() - 3 * 86_400_000;
  const traceId = 'b'.repeat(32);
  const trace = traces.get(IDS.send) as Trace;
  traces.set(traceId, {
    ...trace,
    traceId,
    startTime: earlier,
    logs: trace.logs.map((log) => ({ ...log, time: earlier })),
  });
  onTestFinished(() => void traces.delete(traceId));
  const page = await viewer.open(`#/traces?start=${earlier - 1}&limit=1000`);
  const show = (hash: string) =>
    page.evaluate((hash) => (location.hash = hash), hash);
  const dated = /20\d\d-\d\d-\d\d \d\d:\d\d:\d\d/;
  await page.locator(`[data-key="${traceId}"]`).getByText(dated).waitFor();
  await page
    .getByRole('option', { name: dated })
    .waitFor({ state: 'attached' });
  await show(`#/logs?traceId=${traceId}`);
  await page.locator('.log time', { hasText: dated }).first().waitFor();
  await show(`#/trace/${traceId}`);
  await page.locator('.facts').getByText(dated).waitFor();
});

test('the page says what was removed', async () => {
  const page = await viewer.open('#/logs');
  await page
    .getByText(
      /212 traces from before (\S+ )?\S+, 1\u2009630 log records removed/,
    )
    .waitFor();
});

test('the map says how many traces it was drawn from', async () => {
  const page = await viewer.open('#/map');
  const { size } = viewer.server.state.traces;
  await page.getByText(`newest ${size} traces`).waitFor();
});

test('a service of the map opens its traces by the keyboard', async () => {
  const page = await viewer.open('#/map');
  await page.getByRole('link', { name: /relay/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('table', { name: 'Traces' }).waitFor();
  expect(new URL(page.url()).hash).toBe('#/traces?service=relay');
});

test('keys and the services of the map keep the run and the time window', async () => {
  const page = await viewer.open('#/logs?run=r4&start=1&severity=warn');
  await page.locator('.log').first().waitFor();
  const hash = () => new URL(page.url()).hash;
  await page.keyboard.press('6');
  await expect.poll(hash).toBe('#/map?run=r4&start=1');
  await page.getByRole('link', { name: /relay/ }).click();
  await expect.poll(hash).toBe('#/traces?run=r4&start=1&service=relay');
});

test.each([
  ['#/commands?search=zzz', 'No command matches', 'table'],
  ['#/errors?search=zzz', 'No error matches', 'table'],
  ['#/logs?search=zzz', 'No log record matches', '.log'],
  ['#/logs?patterns=1&search=zzz', 'No log record matches', 'table'],
  ['#/metrics?search=zzz', 'No metric matches', '.catalogue li'],
  ['#/map?start=9999999999999', 'No trace matches', '.node'],
])(
  '%s says that the filters leave nothing, and shows all',
  async (fragment, text, shown) => {
    const page = await viewer.open(fragment);
    await page.getByText(text).waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.locator(shown).first().waitFor();
  },
);

test.each([
  ['#/traces?run=r0', 'No traces in this run'],
  ['#/commands?run=r0', 'No commands'],
  ['#/errors?run=r0', 'No errors'],
  ['#/logs?run=r0', 'No log records'],
  ['#/logs?run=r0&patterns=1', 'No log records'],
  ['#/map?run=r0', 'No traces'],
])('%s of a run that has none says so', async (fragment, text) => {
  const page = await viewer.open(fragment);
  await page.getByRole('heading', { name: text, exact: true }).waitFor();
  expect(await page.getByRole('button', { name: 'Show all' }).count()).toBe(0);
});

test('a run is pinned', async () => {
  const page = await viewer.open('#/runs');
  await page
    .getByRole('row', { name: /bug report/ })
    .getByText('Pin')
    .click();
  await page
    .getByRole('row', { name: /bug report/ })
    .getByRole('button', { name: 'Pinned', pressed: true })
    .waitFor();
  expect(viewer.server.state.pinned.has('r1')).toBe(true);
});
