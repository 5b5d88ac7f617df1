// @vitest-environment happy-dom
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { openDomPage } from './support/openDomPage.js';

/** A `traceparent` that the page sends by itself. */
const OWN = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let stop = () => {};
afterEach(() => stop());

async function openFetch(
  options?: Parameters<
    Awaited<ReturnType<typeof openDomPage>>['traceFetch']
  >[0],
) {
  const page = await openDomPage();
  stop = page.traceFetch(options);
  /** The last request, as a server gets it. */
  const received = () => {
    const sent = page.tauri.fetched.at(-1);
    if (!sent) throw new Error('nothing was fetched');
    return new Request(...sent);
  };
  return {
    ...page,
    received,
    header: () => received().headers.get('traceparent'),
  };
}

test('a request is a child of the active span, by the conventions for HTTP and without its query', async () => {
  const page = await openFetch();
  await page.api.telemetry.withSpan('work', () =>
    window.fetch('/api/users?token=secret', { method: 'post' }),
  );
  await page.wait(0);
  const { span } = (await page.tree()).root('work').child('POST');
  expect(span).toMatchObject({
    kind: 'client',
    attributes: {
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'server.address': 'localhost',
      'server.port': 3000,
      'url.full': 'http://localhost:3000/api/users',
    },
  });
  expect(JSON.stringify(span)).not.toContain('secret');
  expect(page.header()).toBe(`00-${span.traceId}-${span.spanId}-01`);
});

test.each([
  ['http://localhost:3000/x', true],
  ['http://localhost:8080/x', false],
  ['http://127.0.0.1:3000/x', false],
  ['https://api.example.com/x', true],
  ['https://api.example.com.evil.org/x', false],
  ['http://api.example.com/x', false],
  ['https://elsewhere.org/x', false],
])('%s gets the context: %s', async (url, expected) => {
  // As it is copied from a browser.
  const page = await openFetch({ propagateTo: ['https://api.example.com/v1'] });
  await window.fetch(url);
  expect(page.header() !== null).toBe(expected);
});

test('no origin gets the context where that is switched off', async () => {
  const page = await openFetch({ propagateTo: null });
  await window.fetch('http://localhost:3000/x');
  expect(page.header()).toBeNull();
  (await page.tree()).root('GET');
});

test('what is no origin to propagate to is named once', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const propagateTo = ['api.example.com', 'localhost:3000', 'https://'];
  await openFetch({ propagateTo });
  expect(warn.mock.calls.flat()).toEqual(
    propagateTo.map((url) =>
      expect.stringContaining(`${url} in propagateTo is no origin`),
    ),
  );
  warn.mockRestore();
});

test('headers of the page stay, and a Request keeps its own', async () => {
  const page = await openFetch();
  await window.fetch('/x', { headers: { accept: 'text/plain' } });
  expect(page.received().headers.get('accept')).toBe('text/plain');
  await window.fetch(
    new Request('http://localhost:3000/x', {
      headers: { accept: 'text/html' },
    }),
  );
  expect(page.received().headers.get('accept')).toBe('text/html');
  expect(page.header()).not.toBeNull();
  await window.fetch('/x', { headers: { traceparent: OWN } });
  expect(page.header()).toBe(OWN);
});

/** What a class gives its instances is no property of their own. */
class Options implements RequestInit {
  get method() {
    return 'PUT';
  }
  get body() {
    return 'text';
  }
}

test.each<[string, () => Parameters<typeof fetch>]>([
  [
    'a Request',
    () => [
      new Request('http://localhost:3000/x', {
        referrerPolicy: 'no-referrer',
      }),
    ],
  ],
  [
    'a Request as options',
    () => [
      'http://localhost:3000/x',
      new Request('http://localhost:3000/y', {
        method: 'DELETE',
        credentials: 'omit',
      }),
    ],
  ],
  ['an instance', () => ['http://localhost:3000/x', new Options()]],
])('a request is the same with the context: %s', async (_, args) => {
  const page = await openFetch();
  await window.fetch(...args());
  const wanted = new Request(...args());
  const { method, url, credentials, referrerPolicy } = wanted;
  expect(page.received()).toMatchObject({
    method,
    url,
    credentials,
    referrerPolicy,
  });
  expect(await page.received().text()).toBe(await wanted.text());
  expect(page.header()).not.toBeNull();
});

test.each<[string, unknown, RequestInit?]>([
  ['no URL', null],
  ['no text', Object.create(null)],
  ['no method', '/x', { method: 5 as never }],
  [
    'a method that throws',
    '/x',
    {
      get method(): string {
        throw new Error('as asked');
      },
    },
  ],
])('what is %s is left to `fetch`', async (_, input, init) => {
  const page = await openDomPage();
  const native = vi.fn<typeof fetch>(async () => new Response());
  window.fetch = native;
  stop = page.traceFetch();
  await window.fetch(input as string, init);
  expect(native.mock.lastCall?.[0]).toBe(input);
  expect(native.mock.lastCall?.[1]).toBe(init);
});

test('a failure that nobody handles is reported by the browser', async () => {
  const reported: unknown[] = [];
  const report = (reason: unknown) => void reported.push(reason);
  const before = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', report);
  onTestFinished(() => {
    process.off('unhandledRejection', report);
    for (const one of before) process.on('unhandledRejection', one);
  });
  const page = await openDomPage();
  const down = new TypeError('Load failed');
  window.fetch = vi.fn<typeof fetch>().mockRejectedValue(down);
  const stops = [
    page.traceFetch(),
    page.traceInteractions(),
    page.traceDocumentLoad(),
  ];
  stop = () => stops.forEach((one) => one());
  const button = page.show('<button>Send</button>');
  button.onclick = () => void window.fetch('/x');
  button.click();
  await vi.waitFor(() => expect(reported).toEqual([down]));
});

test('answers of 400 and above, and no answer, are failures', async () => {
  const page = await openDomPage();
  const network = vi.fn<typeof fetch>();
  window.fetch = network;
  stop = page.traceFetch();
  network.mockResolvedValueOnce(new Response('', { status: 404 }));
  await window.fetch('/missing');
  network.mockRejectedValueOnce(new TypeError('Load failed'));
  await expect(window.fetch('/down', { method: 'HEAD' })).rejects.toThrow();
  await page.wait(0);
  const tree = await page.tree();
  const failed = (name: string) => tree.root(name).span;
  expect(failed('GET')).toMatchObject({
    status: { code: 'error' },
    attributes: { 'http.response.status_code': 404, 'error.type': '404' },
  });
  expect(failed('HEAD')).toMatchObject({
    status: { code: 'error' },
    attributes: { 'error.type': 'TypeError' },
  });
});

test('an answer that the page may not look at has no status', async () => {
  const page = await openDomPage();
  window.fetch = vi.fn<typeof fetch>().mockResolvedValue(Response.error());
  stop = page.traceFetch();
  await window.fetch('https://elsewhere.org/x', { mode: 'no-cors' });
  const { span } = (await page.tree()).root('GET');
  expect(span.attributes).not.toHaveProperty('http.response.status_code');
  expect(span.status).toBeUndefined();
});

test('an invoke has its one span, and a method that nobody knows no name of its own', async () => {
  const page = await openFetch();
  await page.invoke('greet');
  await window.fetch('http://ipc.localhost/greet');
  await window.fetch('data:,x').catch(() => {});
  await window.fetch('/x', { method: 'brew' });
  await page.wait(0);
  expect((await page.tree()).roots().sort()).toEqual([
    'HTTP',
    'greet',
    'greet',
  ]);
});

test('a click that fetches is the parent of the request, and waits for it', async () => {
  const page = await openFetch();
  const stopClicks = page.traceInteractions();
  const button = page.show('<button>Send</button>');
  button.onclick = () => void window.fetch('/x');
  button.click();
  await page.wait(1000);
  (await page.tree()).root('click button Send').child('GET');
  stopClicks();
});

/** As much of an XMLHttpRequest as is used. */
class FakeXhr extends EventTarget {
  static last: FakeXhr;
  readonly headers: Record<string, string> = {};
  status = 0;
  open(method: string, url: string | URL): void {
    void [method, url];
  }
  setRequestHeader(name: string, value: string): void {
    const before = this.headers[name];
    this.headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  send(): void {
    FakeXhr.last = this;
  }
  finish(status: number, type = 'load'): void {
    this.status = status;
    this.dispatchEvent(new Event(type));
    this.dispatchEvent(new Event('loadend'));
  }
}

test('a request by XMLHttpRequest is a span as one by fetch', async () => {
  vi.stubGlobal('XMLHttpRequest', FakeXhr);
  const page = await openDomPage();
  stop = page.traceXhr();
  const send = (method: string, url: string) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, url);
    xhr.send();
    return FakeXhr.last;
  };
  const ok = send('get', '/x?token=secret');
  ok.finish(200);
  send('PUT', 'https://elsewhere.org/x').finish(503);
  send('DELETE', '/x').finish(0, 'abort');
  const tree = await page.tree();
  const { span } = tree.root('GET');
  expect(span.attributes).toMatchObject({
    'url.full': 'http://localhost:3000/x',
    'http.response.status_code': 200,
  });
  expect(ok.headers['traceparent']).toContain(span.spanId);
  expect(tree.root('PUT').span.attributes).toMatchObject({
    'error.type': '503',
  });
  expect(tree.root('DELETE').span.attributes).toMatchObject({
    'error.type': 'abort',
  });
});

test('a context that the page gives an XMLHttpRequest stays alone', async () => {
  vi.stubGlobal('XMLHttpRequest', FakeXhr);
  const page = await openDomPage();
  stop = page.traceXhr();
  const xhr = new XMLHttpRequest();
  xhr.open('GET', '/x');
  xhr.setRequestHeader('Traceparent', OWN);
  xhr.send();
  expect(FakeXhr.last.headers).toEqual({ Traceparent: OWN });
  // Opened once more, it has no header yet.
  xhr.open('GET', '/x');
  xhr.send();
  expect(FakeXhr.last.headers['traceparent']).toBeDefined();
});

test('what is no text is the method that the browser makes of it', async () => {
  vi.stubGlobal('XMLHttpRequest', FakeXhr);
  const page = await openDomPage();
  stop = page.traceXhr();
  const xhr = new XMLHttpRequest();
  xhr.open(null as never, '/x');
  xhr.send();
  FakeXhr.last.finish(200);
  expect((await page.tree()).root('HTTP').span.attributes).toMatchObject({
    'http.request.method_original': 'NULL',
  });
});

test('an XMLHttpRequest that is sent again and again keeps no listener', async () => {
  vi.stubGlobal('XMLHttpRequest', FakeXhr);
  const page = await openDomPage();
  stop = page.traceXhr();
  const xhr = new XMLHttpRequest();
  const add = vi.spyOn(xhr, 'addEventListener');
  const remove = vi.spyOn(xhr, 'removeEventListener');
  const types = (spy: typeof add | typeof remove) =>
    spy.mock.calls.map(([type]) => type);
  for (const [type, status] of [
    ['load', 200],
    ['abort', 0],
  ] as const) {
    xhr.open('GET', '/x');
    xhr.send();
    expect(types(add)).toContain('abort');
    FakeXhr.last.finish(status, type);
    expect(types(remove)).toEqual(types(add));
  }
});

test('an XMLHttpRequest that cannot be sent is a failure', async () => {
  vi.stubGlobal('XMLHttpRequest', FakeXhr);
  const page = await openDomPage();
  stop = page.traceXhr();
  const xhr = new XMLHttpRequest();
  xhr.open('GET', '/x');
  const refused = new DOMException('sent already', 'InvalidStateError');
  vi.spyOn(xhr, 'setRequestHeader').mockImplementation(() => {
    throw refused;
  });
  expect(() => xhr.send()).toThrow(refused);
  expect((await page.tree()).root('GET').span.attributes).toMatchObject({
    'error.type': 'InvalidStateError',
  });
});

test('after the stop XMLHttpRequest is what it was', async () => {
  vi.stubGlobal('XMLHttpRequest', FakeXhr);
  const { open, setRequestHeader, send } = FakeXhr.prototype;
  const page = await openDomPage();
  page.traceXhr()();
  expect(FakeXhr.prototype).toMatchObject({ open, setRequestHeader, send });
});
