// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { openDomPage } from './support/openDomPage.js';
import { OPENED } from './support/openPage.js';
import { runTransformed } from './support/runTransformed.js';

let stop = () => {};
afterEach(() => {
  stop();
  vi.restoreAllMocks();
});

async function open() {
  const page = await openDomPage();
  const state = vi.spyOn(document, 'readyState', 'get');
  state.mockReturnValue('loading');
  return {
    ...page,
    load() {
      state.mockReturnValue('complete');
      window.dispatchEvent(new Event('load'));
    },
  };
}

test('what a page invokes while it loads is below one span', async () => {
  const page = await open();
  await page.wait(30);
  stop = page.traceDocumentLoad();
  await page.invoke('plugin:event|listen');
  await page.wait(20);
  page.load();
  await page.invoke('greet');
  await page.wait(1000);
  const load = (await page.tree()).root('document load');
  load.child('plugin:event|listen');
  load.child('greet');
  expect(load.span).toMatchObject({
    startTime: OPENED,
    endTime: OPENED + 50,
    attributes: { 'url.full': expect.any(String) },
  });
});

test('once a page has loaded, what it does is no part of the load', async () => {
  const page = await open();
  stop = page.traceDocumentLoad();
  page.load();
  await page.wait(101);
  await page.invoke('greet');
  expect((await page.tree()).roots().sort()).toEqual([
    'document load',
    'greet',
  ]);
});

test('what began while the page loaded, and waited until after the load, is no part of it', async () => {
  const page = await open();
  stop = page.traceDocumentLoad();
  const poll = await runTransformed<(invoke: unknown) => Promise<void>>(`
    async function main(invoke) {
      await invoke('plugin:event|listen');
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await invoke('greet');
    }
  `);
  const polling = poll(page.invoke);
  await page.wait(0);
  page.load();
  await page.wait(1000);
  await polling;
  const tree = await page.tree();
  tree.root('document load').child('plugin:event|listen');
  tree.root('greet');
});

test('a page that never comes to rest has loaded after two seconds', async () => {
  const page = await open();
  stop = page.traceDocumentLoad();
  page.load();
  for (let n = 0; n < 30; n++) {
    await page.invoke('greet');
    await page.wait(90);
  }
  const tree = await page.tree();
  const { span } = tree.root('document load');
  expect(span.endTime - span.startTime).toBeLessThanOrEqual(2000);
  expect(tree.roots()).toContain('greet');
});

test('a page whose load never ends has loaded after a minute', async () => {
  const page = await open();
  stop = page.traceDocumentLoad();
  await page.invoke('greet');
  await page.wait(60_000);
  await page.invoke('greet');
  const tree = await page.tree();
  tree.root('document load').child('greet');
  expect(tree.roots()).toEqual(['document load', 'greet']);
});

test('a click while the page loads is a trace of its own', async () => {
  const page = await open();
  const stops = [page.traceInteractions(), page.traceDocumentLoad()];
  stop = () => stops.forEach((one) => one());
  const button = page.show('<button>Send</button>');
  button.onclick = () => void page.invoke('greet');
  button.click();
  page.load();
  await page.wait(1000);
  const tree = await page.tree();
  tree.root('click button Send').child('greet');
  tree.root('document load');
});

test('the load is below what is active before the page has any code', async () => {
  const page = await open();
  page.kernel.setContextSource(
    () => '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  );
  stop = page.traceDocumentLoad();
  page.load();
  await page.wait(1000);
  await page.kernel.flush();
  expect(page.tauri.batches[0]?.spans).toMatchObject([
    { name: 'document load', parentSpanId: 'b7ad6b7169203331' },
  ]);
});

test('a frontend with a context of its own is asked where no instrumentation knows one', async () => {
  const page = await open();
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  page.kernel.setContextSource(() => parent);
  stop = page.traceInteractions();
  expect(page.kernel.active()?.spanContext()?.spanId).toBe('b7ad6b7169203331');
});

test('changes of the route are events, without the query', async () => {
  const page = await open();
  stop = page.captureNavigation();
  history.pushState({}, '', '/inbox?token=secret');
  history.replaceState({}, '', location.href);
  history.replaceState({}, '', '/inbox#/mail/7?token=secret');
  const logs = await page.logs();
  expect(JSON.stringify(logs)).not.toContain('secret');
  expect(
    logs.map(({ eventName, attributes }) => [
      eventName,
      attributes?.['browser.navigation.type'],
      attributes?.['browser.navigation.same_document'],
      attributes?.['browser.navigation.hash_change'],
      String(attributes?.['url.full']).replace(/^.*?\/\/[^/]*/, ''),
    ]),
  ).toEqual([
    ['browser.navigation', undefined, false, false, expect.any(String)],
    ['browser.navigation', 'push', true, false, '/inbox'],
    ['browser.navigation', 'replace', true, false, '/inbox#/mail/7'],
  ]);
});

test('a link to a fragment is no step through the history', async () => {
  const navigation = new EventTarget();
  vi.stubGlobal('navigation', navigation);
  const page = await open();
  stop = page.captureNavigation();
  for (const type of ['push', 'traverse']) {
    // What happens without `pushState`.
    vi.spyOn(location, 'href', 'get').mockReturnValue(`tauri://x/#${type}`);
    const change = new Event('currententrychange');
    navigation.dispatchEvent(Object.assign(change, { navigationType: type }));
    window.dispatchEvent(new Event('popstate'));
  }
  const logs = await page.logs();
  expect(
    logs.map(({ attributes }) => attributes?.['browser.navigation.type']),
  ).toEqual([undefined, 'push', 'traverse']);
  vi.unstubAllGlobals();
});

test('the times of the load are an event', async () => {
  const page = await open();
  vi.spyOn(performance, 'getEntriesByType').mockReturnValue([
    {
      name: 'tauri://localhost/index.html?token=secret',
      type: 'navigate',
      domInteractive: 12,
      loadEventEnd: 34,
    } as unknown as PerformanceNavigationTiming,
  ]);
  stop = page.captureNavigation();
  page.load();
  await page.wait(0);
  const log = (await page.logs()).find(
    ({ eventName }) => eventName === 'browser.navigation_timing',
  );
  expect(log?.attributes).toEqual({
    'url.full': 'tauri://localhost/index.html',
    'browser.navigation_timing.type': 'navigate',
    'browser.navigation_timing.dom_interactive': 12,
    'browser.navigation_timing.load_event_end': 34,
  });
});
