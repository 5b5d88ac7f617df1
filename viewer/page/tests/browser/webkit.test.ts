import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeServer, type FakeServer } from '../support/fakeServer.mjs';
import { webkit, type WebKit } from '../support/webkit';
import { IDS } from '../support/world.mjs';

const SHOTS = new URL('shots/', import.meta.url);

let server: FakeServer;
let window: WebKit;

beforeAll(async () => {
  server = await fakeServer({ token: 'secret' });
  window = await webkit();
});
afterAll(async () => {
  await window?.close();
  await server?.close();
});

const text = (selector: string) =>
  window.run<string | null>(
    `return document.querySelector(${JSON.stringify(selector)})?.textContent ?? null`,
  );

/** How many colours a canvas has. */
const colours = (selector: string) =>
  window.run<number>(`
    const canvas = document.querySelector(${JSON.stringify(selector)});
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let at = 0; at < data.length; at += 4 * 7)
      seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    return seen.size;`);

test('the page works in WebKitGTK', async () => {
  await window.goto(`${server.url}#/trace/${IDS.failed}?token=secret`);
  await expect
    .poll(() => text('.span-name'), { timeout: 20_000 })
    .toBe('click “Send”');
  await window.press('e');
  await expect
    .poll(() => text('.span-name'), { timeout: 5000 })
    .toBe('send_message');
  // Lanes, bars and their texts.
  await expect
    .poll(() => colours('.scroller canvas'), { timeout: 10_000 })
    .toBeGreaterThan(20);
  mkdirSync(SHOTS, { recursive: true });
  writeFileSync(new URL('webkit-trace.png', SHOTS), await window.picture());

  for (const [view, selector] of [
    ['traces', 'table'],
    ['commands', 'table'],
    ['logs', '.log'],
    ['metrics/rpc.server.call.duration', '.exemplar'],
    ['map', 'svg .node'],
    ['runs', 'table'],
  ] as const) {
    await window.run(`location.hash = '#/${view}'`);
    await expect.poll(() => text(selector), { timeout: 10_000 }).not.toBeNull();
    if (view.startsWith('metrics'))
      for (const canvas of ['.heatmap canvas', '.chart canvas'])
        await expect
          .poll(() => colours(canvas), { timeout: 10_000 })
          .toBeGreaterThan(3);
    writeFileSync(
      new URL(`webkit-${view.split('/')[0]}.png`, SHOTS),
      await window.picture(),
    );
  }
});

test('a key that is held does not use up the changes of the history', async () => {
  await window.goto(`${server.url}#/trace/${IDS.failed}?token=secret`);
  await expect
    .poll(() => text('.span-name'), { timeout: 20_000 })
    .toBe('click “Send”');
  await window.run(`
    return (async () => {
      for (const key of 'jk'.repeat(70)) {
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        await new Promise((resolve) => setTimeout(resolve));
      }
    })();`);
  await window.run(`document.querySelectorAll('.segments button')[1].click()`);
  await expect
    .poll(() => text('.segments [aria-pressed=true]'), { timeout: 5000 })
    .toBe('Tree');
  await expect
    .poll(() => window.run<string>('return location.hash'), { timeout: 5000 })
    .toContain('mode=tree');
});
