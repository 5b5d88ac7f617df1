import { expect, test, vi } from 'vitest';
import { BATCH_COMMAND } from './support/fakeTauri.js';
import { openPage } from './support/openPage.js';

const URL_OF_GREET = 'ipc://localhost/greet';

/** Puts a wrapper around the `fetch` of the page, as an app or a library does after the kernel. */
function wrap(wrapper: (fetch: typeof window.fetch) => typeof window.fetch) {
  window.fetch = wrapper(window.fetch.bind(window));
}

test.each<[string, (init: RequestInit) => Parameters<typeof fetch>]>([
  ['a `Request`', (init) => [new Request(URL_OF_GREET, init)]],
  ['a `URL`', (init) => [new URL(URL_OF_GREET), init]],
  [
    'an array of headers',
    (init) => [
      URL_OF_GREET,
      { ...init, headers: [...new Headers(init.headers)] },
    ],
  ],
  [
    'an object of headers',
    (init) => [
      URL_OF_GREET,
      { ...init, headers: Object.fromEntries(new Headers(init.headers)) },
    ],
  ],
])(
  'an invoke that a wrapper has made %s of has its span',
  async (_, remake) => {
    const page = await openPage();
    wrap((fetch) => (_input, init) => fetch(...remake(init ?? {})));
    await page.telemetry.withSpan('click', () =>
      window
        .fetch(URL_OF_GREET, { method: 'POST', headers: { 'x-app': '1' } })
        .catch(() => undefined),
    );
    const { span } = (await page.trace()).root('click').child('greet');
    const headers = new Headers(page.fetched[0]?.[1]?.headers);
    expect(headers.get('traceparent')).toBe(
      `00-${span.traceId}-${span.spanId}-01`,
    );
    expect(headers.get('x-app')).toBe('1');
  },
);

test('the headers of the caller stay as they are, so a second try has all of them', async () => {
  const page = await openPage();
  const headers = new Headers({
    'content-type': 'application/json',
    'tauri-invoke-key': 'key',
    'x-app': '1',
  });
  const before = [...headers];
  const init = { method: 'POST', headers, body: '{}' };
  const first = await window.fetch(URL_OF_GREET, init);
  const second = await window.fetch(URL_OF_GREET, init);
  expect([...headers]).toEqual(before);
  expect(init).toEqual({ method: 'POST', headers, body: '{}' });
  expect([first, second].map(({ ok }) => ok)).toEqual([true, true]);
  await page.telemetry.flush();
  const ids = page.spans().map(({ spanId }) => spanId);
  const sent = page.calls
    .filter(({ cmd }) => cmd === 'greet')
    .map((call) => call.headers.get('traceparent')?.slice(36, 52));
  expect(sent).toEqual(ids);
  expect(new Set(ids).size).toBe(2);
});

test('an invoke of the package that a wrapper sends twice is one span', async () => {
  const page = await openPage();
  wrap((fetch) => async (input, init) => {
    await fetch(input, init);
    return fetch(input, init);
  });
  await page.telemetry.withSpan('click', (span) => span.invoke('greet'));
  (await page.trace()).root('click').child('greet');
  expect(page.spans()).toHaveLength(2);
});

test.each<[string, () => unknown]>([
  ['an object', () => Promise.resolve({ ok: true })],
  ['nothing', () => Promise.resolve()],
  ['no promise', () => ({ ok: true })],
])(
  'a mock that answers %s is given back, and the span ends',
  async (_, mock) => {
    const page = await openPage({ globals: { fetch: mock } });
    const answer = window.fetch(URL_OF_GREET, { headers: new Headers() });
    expect(await answer).toEqual(await mock());
    await page.wait(0);
    page.leave();
    const greet = page.spans().find(({ name }) => name === 'greet');
    expect(greet).toBeDefined();
    expect(greet?.attributes).toBeUndefined();
  },
);

test('a mock that throws ends the span, with the same error', async () => {
  const error = new TypeError('offline');
  const page = await openPage({
    globals: {
      fetch: () => {
        throw error;
      },
    },
  });
  expect(() => window.fetch(URL_OF_GREET)).toThrow(error);
  await page.wait(2000);
  page.leave();
  expect(page.spans().find(({ name }) => name === 'greet')).toMatchObject({
    attributes: { 'error.type': 'TypeError' },
  });
});

test('headers that cannot be sent are the rejection that they are without telemetry', async () => {
  const native = vi.fn<typeof fetch>(async (_, init) => {
    new Headers(init?.headers);
    return new Response();
  });
  await openPage({ globals: { fetch: native } });
  await expect(
    window.fetch(URL_OF_GREET, { headers: { 'no header': '' } }),
  ).rejects.toThrow(TypeError);
});

test('what wraps `fetch` sees no batch', async () => {
  const page = await openPage();
  const seen = vi.fn();
  wrap((fetch) => (input, init) => {
    seen(input);
    return fetch(input, init);
  });
  await page.invoke('greet');
  await page.telemetry.flush();
  expect(page.calls.map(({ cmd }) => cmd)).toEqual(['greet', BATCH_COMMAND]);
  expect(seen.mock.calls).toEqual([[URL_OF_GREET]]);
});
