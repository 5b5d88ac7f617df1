import { expect, test, vi } from 'vitest';
import { openPage } from './support/openPage.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('every invoke is a CLIENT span, and its header says so to Rust', async () => {
  const page = await openPage();
  await expect(page.invoke('greet', { name: 'Ada' })).resolves.toBe('hello');
  const { span } = (await page.trace()).root('greet');
  expect(span.invoke).toBe(true);
  expect(span.attributes).toBeUndefined();
  expect(page.calls[0]?.payload).toEqual({ name: 'Ada' });
  expect(page.calls[0]?.headers.get('traceparent')).toBe(
    `00-${span.traceId}-${span.spanId}-01`,
  );
});

test.each(['http', 'https'])(
  '%s://ipc.localhost is the IPC too',
  async (scheme) => {
    const page = await openPage();
    await window.fetch(`${scheme}://ipc.localhost/plugin%3Awindow%7Ctitle`, {
      headers: new Headers(),
    });
    expect(page.fetched[0]?.[1]?.headers).toHaveProperty('traceparent');
    (await page.trace()).root('plugin:window|title');
  },
);

test('an invoke is a child of the current span, whoever makes it', async () => {
  const page = await openPage();
  await page.telemetry.withSpan('click', () => page.invoke('greet'));
  (await page.trace()).root('click').child('greet');
});

test('each of many invokes keeps its own parent', async () => {
  const { telemetry, ...page } = await openPage();
  await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      telemetry.withSpan(`click ${i}`, async (span) => {
        await Promise.resolve();
        await span.invoke('greet');
      }),
    ),
  );
  const trace = await page.trace();
  for (let i = 0; i < 100; i++) trace.root(`click ${i}`).child('greet');
});

test('a traceparent that the caller set is the parent, with its tracestate', async () => {
  const page = await openPage();
  await page.telemetry.withSpan('current', () =>
    page.invoke(
      'greet',
      {},
      {
        headers: { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=b' },
      },
    ),
  );
  await page.telemetry.flush();
  expect(page.spans().find(({ name }) => name === 'greet')).toMatchObject({
    traceId: TRACE,
    parentSpanId: SPAN,
    traceState: 'a=b',
  });
  expect(page.calls[0]?.headers.get('tracestate')).toBe('a=b');
});

test('the trace state of the current span goes along', async () => {
  const page = await openPage();
  const parent = { traceId: TRACE, spanId: SPAN, traceFlags: 1 };
  await page.telemetry
    .startSpan('x', {}, { parent: { ...parent, traceState: 'a=b' } })
    .invoke('greet');
  expect(page.calls[0]?.headers.get('tracestate')).toBe('a=b');
});

test('a command that fails is a failed span', async () => {
  const page = await openPage();
  await expect(page.invoke('fail')).rejects.toBe('no');
  expect((await page.trace()).root('fail').span).toMatchObject({
    attributes: { 'error.type': 'error' },
  });
});

test('an answer that is not of tauri is an error by its HTTP status', async () => {
  const page = await openPage({
    globals: { fetch: async () => new Response('{}', { status: 500 }) },
  });
  await window.fetch('ipc://localhost/greet', { headers: new Headers() });
  // Telemetry goes the same way, so what was sent is read from the page's last words.
  page.telemetry.startSpan('x').end();
  page.leave();
  expect(page.spans().find(({ name }) => name === 'greet')).toMatchObject({
    attributes: { 'error.type': '500' },
  });
});

test('the commands of the plugin itself, and channels, are not traced', async () => {
  const page = await openPage();
  await page.invoke('plugin:__TAURI_CHANNEL__|fetch');
  await page.invoke('plugin:opentelemetry|anything');
  await page.telemetry.flush();
  expect(page.batches).toEqual([]);
  expect(page.calls[0]?.headers.get('traceparent')).toBeNull();
});

test('a span in the short form of `log_trace_span` is a child of the current one', async () => {
  const page = await openPage();
  const span = page.telemetry.startSpan('click');
  await span.invoke('plugin:opentelemetry|log_trace_span', {
    name: 'x',
    duration: 5,
    spans: [],
  });
  expect(page.calls[0]?.headers.get('traceparent')).toBe(span.traceparent);
});

test('what is no invoke passes through untouched', async () => {
  const { fetched } = await openPage();
  const init = { headers: { a: 'b' } };
  const url = new URL('https://example.org/');
  await window.fetch('https://example.org/ipc://localhost/greet', init);
  await window.fetch(url);
  await window
    .fetch('ipc://localhost/%', { headers: new Headers() })
    .catch(() => undefined);
  expect(fetched[0]?.[1]).toBe(init);
  expect(fetched[1]).toEqual([url, undefined]);
  expect(init).toEqual({ headers: { a: 'b' } });
});

test('the promise, the response and `this` are those of the wrapped fetch', async () => {
  const response = new Response('{}', { headers: { 'Tauri-Response': 'ok' } });
  const answer = Promise.resolve(response);
  const native = vi.fn(function (this: unknown) {
    return answer;
  });
  await openPage({ globals: { fetch: native } });
  expect(window.fetch.name).toBe('fetch');
  const headers = new Headers();
  expect(window.fetch('ipc://localhost/greet', { headers })).toBe(answer);
  await expect(answer).resolves.toBe(response);
  expect(response.bodyUsed).toBe(false);
  expect(native.mock.contexts[0]).toBe(window);
});

test('the webview is given all that tauri has, and its headers as a plain object', async () => {
  const answer = new Response('{}', { headers: { 'Tauri-Response': 'ok' } });
  const native = vi.fn(() => Promise.resolve(answer));
  await openPage({ globals: { fetch: native } });
  const ofTauri = {
    'content-type': 'application/json',
    'tauri-callback': '1',
    'tauri-error': '2',
    'tauri-invoke-key': 'key',
  };
  const ofTheApp = { 'x-app': 'a', 'x-other': 'b, c', 'x-empty': '' };
  const init = {
    method: 'POST',
    body: '{}',
    headers: new Headers({ ...ofTauri, ...ofTheApp }),
  };
  void window.fetch('ipc://localhost/greet', init);
  expect(native.mock.calls[0]).toEqual([
    'ipc://localhost/greet',
    {
      method: 'POST',
      body: '{}',
      headers: {
        ...ofTauri,
        ...ofTheApp,
        traceparent: expect.stringMatching(/^00-\w{32}-\w{16}-01$/) as string,
      },
    },
  ]);
});

test('a header that tauri has not set is not sent', async () => {
  const answer = new Response('{}', { headers: { 'Tauri-Response': 'ok' } });
  const native = vi.fn<typeof fetch>(() => Promise.resolve(answer));
  await openPage({ globals: { fetch: native } });
  void window.fetch('ipc://localhost/greet', { headers: new Headers() });
  const sent = native.mock.calls[0]?.[1]?.headers ?? {};
  expect(Object.keys(sent)).toEqual(['traceparent']);
});

test('when `ipc:` is blocked the span has failed, and `invoke` carries the context by message', async () => {
  const { telemetry, ...page } = await openPage();
  page.blockIpc();
  await expect(page.invoke('greet')).resolves.toBe('hello');
  await page.wait(2000);
  expect(page.spans()).toMatchObject([
    {
      name: 'greet',
      endTime: page.spans()[0]?.startTime,
      attributes: { 'error.type': 'TypeError' },
    },
  ]);
  await telemetry.withSpan('click', (span) => span.invoke('greet'));
  const greet = (await page.trace()).root('click').child('greet').span;
  const last = page.calls.filter(({ cmd }) => cmd === 'greet').at(-1);
  expect(last?.wire).toBe('message');
  expect(last?.headers.get('traceparent')).toBe(
    `00-${greet.traceId}-${greet.spanId}-01`,
  );
});

test('the invoke for which `ipc:` turns out to be blocked is one span that succeeds', async () => {
  const { telemetry, ...page } = await openPage();
  page.blockIpc();
  await telemetry.withSpan('click', (span) => span.invoke('greet'));
  await page.wait(2000);
  const { span } = (await page.trace()).root('click').child('greet');
  expect(span.attributes).toBeUndefined();
  expect(page.spans()).toHaveLength(2);
});

test('a fetch that fails causes no unhandled rejection of ours', async ({
  onTestFinished,
}) => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  onTestFinished(() => {
    process.off('unhandledRejection', unhandled);
  });
  const page = await openPage();
  page.blockIpc();
  await window
    .fetch('ipc://localhost/greet', { headers: new Headers() })
    .catch(() => undefined);
  await page.wait(2000);
  await new Promise(setImmediate);
  expect(unhandled).not.toHaveBeenCalled();
});

test.each([
  'plugin:window|close',
  'plugin:window|destroy',
  'plugin:webview|webview_close',
  'plugin:process|exit',
  'plugin:process|restart',
])('what is queued goes before %s', async (cmd) => {
  const page = await openPage();
  page.telemetry.startSpan('click').end();
  await page.invoke(cmd);
  expect(page.calls.map((call) => call.cmd)).toEqual([
    'plugin:opentelemetry|log_trace_span',
    cmd,
  ]);
});
