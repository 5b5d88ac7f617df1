// How fast the page is, on a viewer of its own: `node tests/measure.mjs TRACEPANE` with the path of the program. A figure a line, no
// verdicts: they depend on the machine.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { URL } from 'node:url';
import { chromium } from 'playwright-core';

/** How often everything but frames is measured; the figure is the median. */
const ROUNDS = 9;

/** Spans of the large trace. */
const SPANS = 50_000;
const LARGE = 'f'.repeat(32);

const folder = mkdtempSync(join(tmpdir(), 'tracepane-'));
const viewer = spawn(
  process.argv[2],
  ['--folder', folder, '--http-port', '0', '--grpc-port', '0'],
  { stdio: ['ignore', 'ignore', 'pipe'] },
);
const link = await new Promise((resolve) =>
  createInterface(viewer.stderr).on('line', (line) => {
    const found = /^tracepane shows (.*)$/.exec(line)?.[1];
    if (found) resolve(found);
  }),
);
const { origin } = new URL(link);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  for (let from = 1; from <= SPANS; from += 1000)
    await send(Array.from({ length: 1000 }, (_, at) => large(from + at)));
  const page = await browser.newPage({
    viewport: { width: 1400, height: 860 },
  });
  await page.goto(link);
  await page.getByRole('row').nth(1).waitFor();
  await firstPaint(page);
  await clickToTrace(page);
  for (const mode of ['lanes', 'tree', 'flame']) await largeTrace(page, mode);
} finally {
  await browser.close();
  viewer.kill();
  rmSync(folder, { recursive: true });
}

async function send(spans) {
  const value = { stringValue: 'messenger' };
  const resource = { attributes: [{ key: 'service.name', value }] };
  const answer = await globalThis.fetch(`${origin}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [{ resource, scopeSpans: [{ scope: {}, spans }] }],
    }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

function span(traceId, id, parent, name, [from, to]) {
  const hex = (number) => number.toString(16).padStart(16, '0');
  return {
    traceId,
    spanId: hex(id),
    ...(parent ? { parentSpanId: hex(parent) } : {}),
    name,
    kind: 1,
    startTimeUnixNano: `${Math.round(from * 1e3)}000`,
    endTimeUnixNano: `${Math.round(to * 1e3)}000`,
  };
}

/** A span of the large trace: each has three children, as far as there are spans, which share its time. */
function large(id) {
  let [from, to] = [1.7e12, 1.7e12 + 60_000];
  const path = [];
  for (let at = id; at > 1; at = Math.floor((at + 1) / 3)) path.unshift(at);
  for (const at of path) {
    const third = (to - from) / 3;
    from += third * ((at + 1) % 3);
    to = from + third * 0.95;
  }
  const parent = id === 1 ? 0 : Math.floor((id + 1) / 3);
  return span(LARGE, id, parent, `step ${id % 40}`, [from, to]);
}

/** From the navigation to the first content, and to the rows of the list. */
async function firstPaint(page) {
  const [paints, rows] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.goto('about:blank');
    await page.goto(`${origin}/#/traces`);
    await page.getByRole('row').nth(1).waitFor();
    const [paint, row] = await page.evaluate(() => [
      performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
      performance.now(),
    ]);
    paints.push(paint);
    rows.push(row);
  }
  figure('first paint', paints);
  figure('list of traces', rows);
}

/** From the export of a trace to its row in the list, which is open. */
async function clickToTrace(page) {
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = `click ${round}`;
    const now = Date.now();
    const begun = performance.now();
    await send([
      span(randomBytes(16).toString('hex'), 1, 0, name, [now - 5, now]),
    ]);
    await page.getByRole('row').filter({ hasText: name }).first().waitFor();
    times.push(performance.now() - begun);
  }
  figure('from an export to the row of its trace', times);
}

async function largeTrace(page, mode) {
  const what = `${mode} of ${SPANS} spans`;
  const times = [];
  for (let round = 0; round < 3; round += 1) {
    await page.goto('about:blank');
    const begun = performance.now();
    await page.goto(`${origin}/#/trace/${LARGE}?mode=${mode}`);
    await page.locator('.scroller').waitFor();
    times.push(performance.now() - begun);
  }
  figure(`${what}, opened`, times);
  for (const action of ['scrolling', 'zooming'])
    console.log(`${what}, ${action}: ${await frames(page, action)}`);
}

/** The frames of two seconds in which each scrolls or zooms the timeline. */
async function frames(page, action) {
  const times = await page.evaluate(async (action) => {
    const { document, requestAnimationFrame, WheelEvent } = globalThis;
    const scroller = document.querySelector('.scroller');
    const step = {
      scrolling: (count) => scroller.scrollTo(0, count * 37),
      zooming: (count) =>
        scroller.dispatchEvent(
          new WheelEvent('wheel', {
            ctrlKey: true,
            deltaY: count % 60 < 30 ? -60 : 60,
            clientX: 600,
            clientY: 400,
            cancelable: true,
          }),
        ),
    }[action];
    const times = [];
    const begin = performance.now();
    let last = begin;
    for (let count = 0; last - begin < 2000; count += 1) {
      step(count);
      const now = await new Promise(requestAnimationFrame);
      times.push(now - last);
      last = now;
    }
    return times.slice(1).sort((a, b) => a - b);
  }, action);
  const at = (share) => times[Math.floor(times.length * share)].toFixed(1);
  return `${(times.length / 2).toFixed(0)} frames/s, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`;
}

function figure(what, times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.floor((sorted.length - 1) * share)];
  console.log(
    `${what}: median ${at(0.5).toFixed(0)} ms, at most ${at(1).toFixed(0)} ms`,
  );
}
