// How fast the page is: `npm run build && npm run measure`. Numbers, no verdicts: they depend on the machine.

import { chromium } from 'playwright-core';
import { fakeServer } from './support/fakeServer.mjs';
import { IDS } from './support/world.mjs';

const server = await fakeServer();
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage({ viewport: { width: 1400, height: 860 } });

/** The frames of two seconds in which each scrolls or zooms the timeline. */
async function frames(what) {
  const times = await page.evaluate(async (what) => {
    const { document, performance, requestAnimationFrame, WheelEvent } =
      globalThis;
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
    }[what];
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
  }, what);
  const at = (share) => times[Math.floor(times.length * share)].toFixed(1);
  return `${(times.length / 2).toFixed(0)} frames/s, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`;
}

const paints = [];
for (let run = 0; run < 5; run += 1) {
  await page.goto('about:blank');
  await page.goto(`${server.url}#/traces`);
  await page.getByRole('row').nth(1).waitFor();
  paints.push(
    await page.evaluate(() => {
      const { performance } = globalThis;
      return {
        paint: performance.getEntriesByName('first-contentful-paint')[0]
          ?.startTime,
        rows: performance.now(),
      };
    }),
  );
}
const median = (values) => values.sort((a, b) => a - b)[2].toFixed(0);
console.log(
  `first contentful paint: ${median(paints.map(({ paint }) => paint))} ms (median of 5)`,
);
console.log(
  `list of traces visible: ${median(paints.map(({ rows }) => rows))} ms`,
);

for (const mode of ['lanes', 'tree', 'flame']) {
  const begin = Date.now();
  await page.goto('about:blank');
  await page.goto(`${server.url}#/trace/${IDS.archive}?mode=${mode}`);
  await page.locator('.scroller').waitFor();
  console.log(`${mode} of 50 000 spans: opened in ${Date.now() - begin} ms`);
  for (const what of ['scrolling', 'zooming'])
    console.log(`${mode} of 50 000 spans, ${what}: ${await frames(what)}`);
}
await browser.close();
await server.close();
