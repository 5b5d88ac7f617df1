import { Channel, convertFileSrc, invoke, isTauri } from '@tauri-apps/api/core';
import { emit, listen, once } from '@tauri-apps/api/event';
import { delimiter, sep } from '@tauri-apps/api/path';
import { getCurrentWebview } from '@tauri-apps/api/webview';
import { getCurrentWindow } from '@tauri-apps/api/window';
import { afterEach, expect, test, vi } from 'vitest';
import { openBridge, SESSION, TOKEN } from './support/openBridge.js';

afterEach(() => void vi.useRealTimers());

/** What the page does between two answers. */
const settled = () => vi.advanceTimersByTimeAsync(0);

test('the token is a subprotocol, and the URL names nothing but the window', async () => {
  const page = await openBridge({
    url: 'http://127.0.0.1:4444',
    window: 'a b',
  });
  expect(page.socket().url).toBe('ws://127.0.0.1:4444/ws?window=a%20b');
  expect(page.socket().protocols).toEqual([
    'tauri-ws-bridge',
    `token.${TOKEN}`,
  ]);
  expect(JSON.stringify(page.window)).not.toContain(TOKEN);
});

test('a call is a frame, and its answer the result or the rejection', async () => {
  const { socket } = await openBridge();
  socket().accept();
  const greeting = invoke('greet', { name: 'you' });
  const nothing = invoke('nothing');
  const failure = invoke('fail').catch((error: unknown) => error);
  await settled();
  expect(socket().sent).toEqual([
    { id: 1, cmd: 'greet', args: { name: 'you' } },
    { id: 2, cmd: 'nothing', args: {} },
    { id: 3, cmd: 'fail', args: {} },
  ]);
  socket().answer('fail', { error: { code: 7 } });
  socket().answer('nothing', { result: null });
  socket().answer('greet', { result: 'Hello' });
  expect(await greeting).toBe('Hello');
  expect(await nothing).toBe(null);
  expect(await failure).toEqual({ code: 7 });
});

test('bytes are base64 both ways, and what JSON has not is written as tauri writes it', async () => {
  const { socket } = await openBridge();
  socket().accept();
  const headers = { path: 'a.txt' };
  const bytes = invoke<ArrayBuffer>('echo', new Uint8Array([1, 2, 3]), {
    headers,
  });
  void invoke('mixed', {
    map: new Map([['a', 1]]),
    bytes: new Uint8Array([4]),
    own: { __TAURI_TO_IPC_KEY__: () => 'mine' },
  });
  await settled();
  expect(socket().sent).toEqual([
    { id: 1, cmd: 'echo', base64: 'AQID', headers },
    { id: 2, cmd: 'mixed', args: { map: { a: 1 }, bytes: [4], own: 'mine' } },
  ]);
  socket().answer('echo', { base64: 'AwIB' });
  expect(new Uint8Array(await bytes)).toEqual(new Uint8Array([3, 2, 1]));
});

test('a call before the connection waits for it', async () => {
  const { socket } = await openBridge();
  const greeting = invoke('greet');
  await settled();
  expect(socket().sent).toEqual([]);
  socket().accept();
  socket().answer('greet', { result: 1 });
  expect(await greeting).toBe(1);
});

test('a call that nobody answers in time is an error, and a late answer nothing', async () => {
  const { socket } = await openBridge({ timeout: 500 });
  socket().accept();
  const error = invoke('slow').catch((reason: unknown) => reason);
  await vi.advanceTimersByTimeAsync(500);
  expect(await error).toBe('ws bridge: slow: no answer for 500 ms');
  socket().answer('slow', { result: 1 });
});

test('a lost connection fails what was sent, keeps what was not, and comes back', async () => {
  const { sockets, socket } = await openBridge();
  socket().accept();
  const sent = invoke('sent').catch((reason: unknown) => reason);
  await settled();
  socket().lose();
  expect(await sent).toBe('ws bridge: sent: the connection was lost');
  const waiting = invoke('waiting');
  await vi.advanceTimersByTimeAsync(100);
  expect(sockets).toHaveLength(2);
  // Not there yet: the pause grows.
  socket().lose();
  await vi.advanceTimersByTimeAsync(199);
  expect(sockets).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  socket().accept();
  await settled();
  socket().answer('waiting', { result: 'there' });
  expect(await waiting).toBe('there');
});

test('a listener hears its events, also after a reconnection, until it is taken back', async () => {
  const { socket } = await openBridge();
  socket().accept();
  const heard: unknown[] = [];
  const listening = listen('ping', (event) => heard.push(event));
  await settled();
  const { args } = socket().sent[0] as unknown as { args: { handler: number } };
  const callback = args.handler;
  socket().answer('plugin:event|listen', { result: 11 });
  const unlisten = await listening;
  const event = (eventId: number, payload: string) =>
    socket().push({ event: 'ping', payload, callback, eventId });
  event(11, 'a');

  socket().lose();
  await vi.advanceTimersByTimeAsync(100);
  socket().accept();
  await settled();
  expect(socket().sent).toEqual([
    expect.objectContaining({ cmd: 'plugin:event|listen', args }),
  ]);
  socket().answer('plugin:event|listen', { result: 22 });
  await settled();
  event(22, 'b');
  expect(heard).toEqual([
    { event: 'ping', payload: 'a', id: 11 },
    { event: 'ping', payload: 'b', id: 11 },
  ]);

  unlisten();
  event(22, 'c');
  await settled();
  expect(socket().sent.at(-1)).toMatchObject({
    cmd: 'plugin:event|unlisten',
    args: { event: 'ping', eventId: 22 },
  });
  expect(heard).toHaveLength(2);
});

test('once hears one event', async () => {
  const { socket } = await openBridge();
  socket().accept();
  const heard = vi.fn();
  void once('ping', heard);
  void emit('ping', 1);
  await settled();
  const { args } = socket().sent[0] as unknown as { args: { handler: number } };
  socket().answer('plugin:event|listen', { result: 5 });
  await settled();
  for (const payload of [1, 2]) {
    const { handler: callback } = args;
    socket().push({ event: 'ping', payload, callback, eventId: 5 });
  }
  expect(heard).toHaveBeenCalledTimes(1);
});

test('the messages of a channel come in order, bytes as bytes', async () => {
  const { socket } = await openBridge();
  socket().accept();
  const messages: unknown[] = [];
  const channel = new Channel((message) => messages.push(message));
  void invoke('stream', { channel });
  await settled();
  expect(socket().sent[0]).toMatchObject({
    args: { channel: `__CHANNEL__:${channel.id}` },
  });
  socket().push({ channel: channel.id, index: 1, base64: 'AQ==' });
  socket().push({ channel: channel.id, index: 0, message: 'first' });
  expect(messages).toEqual(['first', new Uint8Array([1]).buffer]);
});

test('what Rust says of a message of a channel ahead of it is an event, as in the webview', async () => {
  const { socket, window } = await openBridge();
  socket().accept();
  const heard: unknown[] = [];
  window.addEventListener('opentelemetry:message', (event) =>
    heard.push((event as CustomEvent<unknown>).detail),
  );
  const announced = { channel: 1, index: 2, traceparent: '00-1-2-01' };
  socket().push({ announced });
  expect(heard).toEqual([announced]);
});

test('the page knows its window, its system and its paths', async () => {
  await openBridge({
    session: {
      ...SESSION,
      window: 'one',
      webview: 'two',
      os: 'windows',
      separator: '\\',
      delimiter: ';',
    },
  });
  expect(getCurrentWindow().label).toBe('one');
  expect(getCurrentWebview().label).toBe('two');
  expect([sep(), delimiter()]).toEqual(['\\', ';']);
  expect(convertFileSrc('C:\\a')).toBe('http://asset.localhost/C%3A%5Ca');
  vi.stubGlobal('isTauri', window['isTauri' as keyof Window]);
  expect(isTauri()).toBe(true);
});

test('what is fetched from elsewhere is fetched', async () => {
  const { fetched } = await openBridge();
  expect(await (await window.fetch('/data.json')).text()).toBe('page');
  expect(fetched).toEqual(['/data.json']);
});

test('telemetry is the kernel of the webview, over the bridge', async () => {
  const telemetry = {
    invokeKey: '',
    ratio: 1,
    commands: [],
    transport: 'fetch' as const,
  };
  const { socket, window } = await openBridge({
    session: { ...SESSION, telemetry },
  });
  socket().accept();
  const greeting = invoke('greet');
  await settled();
  expect(socket().sent[0]).toMatchObject({
    traceparent: expect.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-01$/),
  });
  socket().answer('greet', { result: 1 });
  await greeting;
  // While the page is being left there is no time for an answer.
  window.dispatchEvent(new Event('pagehide'));
  expect(socket().sent.at(-1)).toMatchObject({
    cmd: 'plugin:opentelemetry|log_trace_span',
    args: { spans: [{ name: 'greet', invoke: true }] },
  });
});

test('a webview is left alone, and a bridge without a token is an error', async () => {
  vi.stubGlobal('window', { __TAURI_INTERNALS__: {} });
  const { connectWsBridge } = await import('../ws-bridge.js');
  await connectWsBridge();
  vi.stubGlobal('window', {});
  await expect(connectWsBridge()).rejects.toThrow('a token is needed');
});

test('without a session the bridge is asked for one, with the token in a header', async () => {
  const asked = vi.fn(async () => Response.json(SESSION));
  vi.stubGlobal('fetch', asked);
  const { socket } = await openBridge({ session: undefined });
  expect(asked).toHaveBeenCalledWith(
    'http://127.0.0.1:3333/session?window=main',
    { headers: { authorization: `Bearer ${TOKEN}` } },
  );
  expect(socket().url).toBe('ws://127.0.0.1:3333/ws?window=main');

  asked.mockImplementation(async () => new Response('no', { status: 401 }));
  await expect(openBridge({ session: undefined })).rejects.toThrow('401: no');
});
