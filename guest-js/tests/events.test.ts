import { afterEach, expect, it, vi } from 'vitest';
import { addEvents } from './support/fakeEvents.js';
import { openPage } from './support/openPage.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const RUST = 'b7ad6b7169203331';
const CONTEXT = `00-${TRACE}-${RUST}-01`;
const OTHER = `00-${TRACE}-c7ad6b7169203331-01`;

afterEach(() => {
  vi.restoreAllMocks();
});

async function open() {
  const page = await openPage();
  const events = addEvents(page);
  const api = await import('../events.js');
  return { page, events, ...api };
}

/** A page that listens to `tick` and notes each payload with the parent that its handler's span has. */
async function listening() {
  const { page, events, listen } = await open();
  const heard: [unknown, string | undefined][] = [];
  const unlisten = await listen('tick', ({ payload }) => {
    heard.push([payload, page.telemetry.activeSpan()?.spanContext().traceId]);
  });
  return { page, events, heard, unlisten };
}

it('continues the trace in the handler', async () => {
  const { page, events, listen } = await open();
  await listen<number>('tick', ({ payload }) => {
    page.telemetry.startSpan('handled', { payload }).end();
  });
  events.emitTraced('tick', 7, CONTEXT);
  await page.telemetry.flush();
  const [handled, consumer] = page.spans().slice(-2);
  expect(consumer).toMatchObject({
    name: 'process tick',
    kind: 'consumer',
    traceId: TRACE,
    parentSpanId: RUST,
    attributes: { 'messaging.destination.name': 'tick' },
  });
  expect(handled).toMatchObject({
    name: 'handled',
    parentSpanId: consumer?.spanId,
    attributes: { payload: 7 },
  });
});

it('hands a plain event on at once, with no span', async () => {
  const { page, events, heard } = await listening();
  const before = (await page.trace().then(() => page.spans())).length;
  events.emit('tick', 1);
  expect(heard).toEqual([[1, undefined]]);
  await page.telemetry.flush();
  expect(page.spans()).toHaveLength(before);
});

it('gives no event a parent that may be that of another', async () => {
  const { events, heard } = await listening();
  // Two threads: one emits with a context, the other without.
  events.opens(1, 'tick', CONTEXT);
  events.emit('tick', 'of the other');
  events.emit('tick', 'traced');
  events.closes(1, 'tick');
  // Two threads, both with a context.
  events.opens(2, 'tick', CONTEXT);
  events.opens(3, 'tick', OTHER);
  events.emit('tick', 'of one');
  events.closes(2, 'tick');
  events.closes(3, 'tick');
  expect(heard).toEqual([
    ['of the other', undefined],
    ['traced', undefined],
    ['of one', undefined],
  ]);
});

it('knows no bracket by its end alone', async () => {
  const { events, heard } = await listening();
  // The one that closes was opened before this page listened.
  events.opens(2, 'tick', CONTEXT);
  events.emit('tick', 'of the first');
  events.closes(1, 'tick');
  expect(heard).toEqual([]);
  events.emit('tick', 'of the second');
  events.closes(2, 'tick');
  expect(heard.map(([, parent]) => parent)).toEqual([undefined, undefined]);
});

it('holds no event back longer than a second', async () => {
  const { page, events, heard } = await listening();
  events.opens(1, 'tick', CONTEXT);
  events.emit('tick', 1);
  await page.wait(999);
  expect(heard).toEqual([]);
  await page.wait(1);
  expect(heard).toEqual([[1, undefined]]);
  events.closes(1, 'tick');
  events.emitTraced('tick', 2, CONTEXT);
  expect(heard).toEqual([
    [1, undefined],
    [2, TRACE],
  ]);
});

it('gives each of several listeners its event with its own id', async () => {
  const { events, listen } = await open();
  const ids: number[] = [];
  await listen('tick', ({ id }) => void ids.push(id));
  await listen('tick', ({ id }) => void ids.push(id));
  events.emitTraced('tick', 1, CONTEXT);
  expect(new Set(ids).size).toBe(2);
});

it('goes on with the next event after a handler has thrown', async () => {
  const { events, listen } = await open();
  const thrown: unknown[] = [];
  vi.stubGlobal('queueMicrotask', (task: () => void) => {
    try {
      task();
    } catch (error) {
      thrown.push(error);
    }
  });
  const heard: unknown[] = [];
  await listen('tick', ({ payload }) => {
    heard.push(payload);
    throw new Error(String(payload));
  });
  events.opens(1, 'tick', CONTEXT);
  events.emit('tick', 1);
  events.emit('tick', 2);
  events.closes(1, 'tick');
  expect(heard).toEqual([1, 2]);
  expect(thrown).toHaveLength(2);
});

it('leaves a rejection of an asynchronous handler unhandled', async () => {
  const { events, listen } = await open();
  const rejected = new Promise((resolve) => {
    process.once('unhandledRejection', resolve);
  });
  const error = new Error('no');
  await listen('tick', async () => {
    throw error;
  });
  events.emitTraced('tick', 1, CONTEXT);
  expect(await rejected).toBe(error);
});

it('is silent once it is taken back', async () => {
  const { events, heard, unlisten } = await listening();
  events.opens(1, 'tick', CONTEXT);
  events.emit('tick', 1);
  unlisten();
  events.closes(1, 'tick');
  events.emitTraced('tick', 2, CONTEXT);
  expect(heard).toEqual([]);
  expect(events.listeners()).toBe(0);
});

it('once hears one event, even of several that come together', async () => {
  const { page, events, once } = await open();
  const heard: unknown[] = [];
  await once('tick', ({ payload }) => void heard.push(payload));
  events.opens(1, 'tick', CONTEXT);
  events.emit('tick', 1);
  events.emit('tick', 2);
  events.closes(1, 'tick');
  await page.wait(0);
  expect(heard).toEqual([1]);
  expect(events.listeners()).toBe(0);
});

it('is the plain listen while telemetry is off', async () => {
  const { page, events, listen } = await open();
  vi.stubGlobal('__TAURI_OPENTELEMETRY__', undefined);
  const heard: unknown[] = [];
  await listen('tick', ({ payload }) => void heard.push(payload), {
    target: 'main',
  });
  events.emitTraced('tick', 1, CONTEXT);
  expect(heard).toEqual([1]);
  const listens = page.calls.filter(({ cmd }) => cmd === 'plugin:event|listen');
  expect(listens).toMatchObject([
    { payload: { target: { kind: 'AnyLabel', label: 'main' } } },
  ]);
});

/** A traced channel, and what its handler is given: messages, each with the trace it was handled in. */
async function openChannel() {
  const { page, events, traceChannel } = await open();
  const { Channel } = await import('@tauri-apps/api/core');
  const heard: [number, string | undefined][] = [];
  const channel = new Channel<number>((message) => {
    heard.push([message, page.telemetry.activeSpan()?.spanContext().traceId]);
  });
  expect(traceChannel(channel)).toBe(channel);
  return {
    page,
    channel,
    heard,
    announce(index: number, id = channel.id) {
      const detail = { channel: id, index, traceparent: CONTEXT };
      page.window.dispatchEvent(
        Object.assign(new Event('opentelemetry:message'), { detail }),
      );
    },
    send: (index: number, message: number) =>
      events.runCallback(channel.id, { index, message }),
  };
}

it('a channel continues the trace of exactly the messages that have one', async () => {
  const { page, channel, heard, announce, send } = await openChannel();
  send(0, 10);
  announce(0, channel.id + 1);
  announce(1);
  announce(3);
  // A large message is fetched by the page, and overtaken meanwhile.
  send(2, 12);
  send(3, 13);
  send(1, 11);
  expect(heard).toEqual([
    [10, undefined],
    [11, TRACE],
    [12, undefined],
    [13, TRACE],
  ]);
  await page.telemetry.flush();
  const consumers = page.spans().filter(({ kind }) => kind === 'consumer');
  expect(consumers).toMatchObject([
    { name: 'process channel', parentSpanId: RUST },
    { name: 'process channel', parentSpanId: RUST },
  ]);
});

it('keeps the contexts of 1024 messages that have not come, and forgets the oldest', async () => {
  const { heard, announce, send } = await openChannel();
  for (let index = 0; index <= 1024; index++) announce(index);
  send(0, 10);
  send(1, 11);
  expect(heard).toEqual([
    [10, undefined],
    [11, TRACE],
  ]);
});
