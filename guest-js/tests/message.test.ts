import { expect, test, vi } from 'vitest';
import { HOUR, openPage, stopClock } from './support/openPage.js';

test('where invokes go by message, `invoke` makes the one CLIENT span', async () => {
  const { telemetry, ...page } = await openPage({ transport: 'message' });
  await telemetry.withSpan('click', () => telemetry.invoke('greet', { a: 1 }));
  const greet = (await page.trace()).root('click').child('greet').span;
  expect(greet.invoke).toBe(true);
  expect(page.calls[0]).toMatchObject({ wire: 'message', payload: { a: 1 } });
  expect(page.calls[0]?.headers.get('traceparent')).toBe(
    `00-${greet.traceId}-${greet.spanId}-01`,
  );
});

test.each<[string, HeadersInit]>([
  ['a `Headers`', new Headers({ 'X-Request': '7' })],
  ['pairs', [['X-Request', '7']]],
  ['an object', { 'X-Request': '7' }],
])('headers given as %s arrive as a plain object', async (_, headers) => {
  const { telemetry, ...page } = await openPage({ transport: 'message' });
  const invoke = vi.spyOn(page.internals, 'invoke');
  await telemetry.invoke('greet', {}, { headers });
  const sent = (invoke.mock.lastCall?.[2] as { headers: object }).headers;
  expect(Object.getPrototypeOf(sent)).toBe(Object.prototype);
  expect(sent).toMatchObject({
    'x-request': '7',
    traceparent: expect.stringMatching(/-01$/) as string,
  });
});

test('headers that cannot be sent are a rejection', async () => {
  const { telemetry } = await openPage({ transport: 'message' });
  await expect(
    telemetry.invoke('greet', {}, { headers: { 'no header': '' } }),
  ).rejects.toThrow(TypeError);
});

test('a command that fails is a failed span, and the same rejection', async () => {
  const { telemetry, ...page } = await openPage({ transport: 'message' });
  await expect(telemetry.invoke('fail')).rejects.toBe('no');
  expect((await page.trace()).root('fail').span).toMatchObject({
    attributes: { 'error.type': 'error' },
  });
});

test('rules, and what is left out, are the same as by fetch', async () => {
  const { telemetry, ...page } = await openPage({
    transport: 'message',
    commands: [{ pattern: 'greet', ratio: 0 }],
  });
  await telemetry.invoke('greet');
  await telemetry.invoke('plugin:opentelemetry|anything');
  await telemetry.flush();
  expect(page.batches).toEqual([]);
  expect(page.calls[0]?.headers.get('traceparent')).toMatch(/-00$/);
  expect(page.calls[1]?.headers.get('traceparent')).toBeNull();
});

test('an invoke that goes by fetch all the same has one span', async () => {
  // The isolation pattern: between `invoke` and the fetch lies an iframe, so no code of the app is active.
  const { telemetry, ...page } = await openPage({
    transport: 'isolation',
    usesFetch: true,
  });
  await telemetry.withSpan('click', () => telemetry.invoke('greet'));
  await page.invoke('fail').catch(() => undefined);
  const trace = await page.trace();
  trace.root('click').child('greet');
  trace.root('fail');
  expect(page.spans()).toHaveLength(3);
  // The URL is all that the plugin sees of the request.
  const fail = page.calls.find(({ cmd }) => cmd === 'fail');
  const parent = fail?.headers.get('traceparent');
  expect(parent).toMatch(/^00-/);
  expect(fail?.query).toBe(`?traceparent=${parent}`);
});

test('the URL of an invoke is left alone where Rust reads its headers', async () => {
  const page = await openPage();
  await page.invoke('greet');
  expect(page.calls[0]?.cmd).toBe('greet');
  expect(page.calls[0]?.query).toBe('');
});

test('under the isolation pattern the last batches wait for the next page', async () => {
  const entries = new Map<string, string>();
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => entries.get(name) ?? null,
    setItem: (name: string, value: string) => entries.set(name, value),
    removeItem: (name: string) => entries.delete(name),
  });
  const options = { transport: 'isolation', usesFetch: true } as const;
  const left = await openPage(options);
  left.telemetry.startSpan('finished').end();
  left.telemetry.startSpan('open');
  left.window.addEventListener('unload', () => {
    left.telemetry.startSpan('late').end();
  });
  stopClock();
  left.leave();
  left.window.dispatchEvent(new Event('unload'));
  expect(left.calls).toEqual([]);

  const next = await openPage(options);
  await next.wait(0);
  expect(next.spans().map(({ name }) => name)).toEqual([
    'finished',
    'open',
    'late',
  ]);
  expect(next.batches[0]?.drift).toBe(HOUR);

  const last = await openPage(options);
  await last.wait(0);
  expect(last.calls).toEqual([]);
});

test.each(['isolation', 'fetch'] as const)(
  'a page without storage starts and is left all the same, by %s',
  async (transport) => {
    vi.stubGlobal('sessionStorage', undefined);
    const page = await openPage({ transport, usesFetch: true });
    page.telemetry.startSpan('x').end();
    expect(() => page.leave()).not.toThrow();
  },
);
