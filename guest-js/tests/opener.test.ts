import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { openPage, type FakePage } from './support/openPage.js';
import { runTransformed } from './support/runTransformed.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const OPENER = 'b7ad6b7169203331';

/** A document that is loaded in a window which `traceparent` has opened. */
async function load(
  sessionStorage: object,
  history = { length: 1 },
  type = 'navigate',
): Promise<FakePage> {
  const page = await openPage();
  const script = readFileSync('plugin/opener.js', 'utf8');
  const run = new Function(
    'history',
    'sessionStorage',
    'addEventListener',
    'performance',
    script.replace('TRACEPARENT', `00-${TRACE}-${OPENER}-01`),
  ) as (...globals: unknown[]) => void;
  run(history, sessionStorage, page.window.addEventListener.bind(page.window), {
    getEntriesByType: () => [{ type }],
  });
  return page;
}

function storage() {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
  };
}

/** The parent of an invoke that the page makes now. */
async function parent(page: FakePage): Promise<string | undefined> {
  await page.invoke('greet');
  await page.telemetry.flush();
  return page.spans().at(-1)?.parentSpanId;
}

it('is the parent of what the first document does until it is loaded', async () => {
  const page = await load(storage());
  expect(await parent(page)).toBe(OPENER);
  page.window.dispatchEvent(new Event('load'));
  expect(await parent(page)).toBeUndefined();
});

it('is not the parent of what waits until the document is loaded', async () => {
  const page = await load(storage());
  const wait = await runTransformed<
    (loaded: Promise<void>, invoke: unknown) => Promise<void>
  >(`
    async function main(loaded, invoke) {
      await invoke('greet');
      await loaded;
      await invoke('greet');
    }
  `);
  let finish: () => void = () => {};
  const loaded = new Promise<void>((resolve) => (finish = resolve));
  const waiting = wait(loaded, page.invoke);
  await page.wait(0);
  page.window.dispatchEvent(new Event('load'));
  finish();
  await waiting;
  await page.telemetry.flush();
  expect(page.spans().map(({ parentSpanId }) => parentSpanId)).toEqual([
    OPENER,
    undefined,
  ]);
});

it('is not the parent of what a span of the page does', async () => {
  const page = await load(storage());
  const span = page.telemetry.startSpan('loading');
  await span.invoke('greet');
  span.end();
  await page.telemetry.flush();
  const [invoke, loading] = page.spans();
  expect(loading?.parentSpanId).toBe(OPENER);
  expect(invoke?.parentSpanId).toBe(loading?.spanId);
});

it('is nobody to a document that is loaded later', async () => {
  const kept = storage();
  await load(kept);
  expect(await parent(await load(kept))).toBeUndefined();
  const another = await load(storage(), { length: 2 });
  expect(await parent(another)).toBeUndefined();
});

it('is nobody to a document that is reloaded after it has cleared its storage', async () => {
  const again = await load(storage(), { length: 1 }, 'reload');
  expect(await parent(again)).toBeUndefined();
});

it('is nobody to a document that may keep nothing', async () => {
  const refuse = vi.fn(() => {
    throw new DOMException('insecure', 'SecurityError');
  });
  const page = await load({ getItem: refuse });
  expect(await parent(page)).toBeUndefined();
  expect(refuse).toHaveBeenCalled();
});
