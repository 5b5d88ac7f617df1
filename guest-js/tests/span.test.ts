import { expect, test } from 'vitest';
import type { Span } from '../types/span.js';
import type { SpanParent } from '../types/spanOptions.js';
import { OPENED, openPage } from './support/openPage.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('a span is sent with its name, its times and its attributes', async () => {
  const page = await openPage();
  await page.wait(5);
  const span = page.telemetry.startSpan('ui.button_click', { button: 'send' });
  await page.wait(20);
  span.end();
  const trace = await page.trace();
  expect(trace.root('ui.button_click').span).toMatchObject({
    startTime: OPENED + 5,
    endTime: OPENED + 25,
    attributes: { button: 'send' },
  });
});

test('ids are random hex of the right length, and never all zeros', async () => {
  const page = await openPage();
  const ids = Array.from({ length: 1000 }, () =>
    page.telemetry.startSpan('x').spanContext(),
  );
  for (const { traceId, spanId } of ids) {
    expect(traceId).toMatch(/^[\da-f]{32}$/);
    expect(spanId).toMatch(/^[\da-f]{16}$/);
  }
  expect(new Set(ids.map(({ traceId }) => traceId)).size).toBe(1000);
  expect(new Set(ids.map(({ spanId }) => spanId)).size).toBe(1000);
});

test('no digit of an id is fixed, so that a small ratio finds its share', async () => {
  const page = await openPage();
  const ids = Array.from({ length: 1000 }, () => {
    const { traceId, spanId } = page.telemetry.startSpan('x').spanContext();
    return traceId + spanId;
  });
  for (let place = 0; place < 48; place++) {
    expect(new Set(ids.map((id) => id[place])).size).toBe(16);
  }
});

test('a source of randomness that is all zeros still makes valid ids', async ({
  onTestFinished,
}) => {
  const { getRandomValues } = crypto;
  onTestFinished(() => {
    crypto.getRandomValues = getRandomValues;
  });
  crypto.getRandomValues = (array) => array;
  const page = await openPage();
  const { traceId, spanId } = page.telemetry.startSpan('x').spanContext();
  expect(traceId).toMatch(/[1-9a-f]/);
  expect(spanId).toMatch(/[1-9a-f]/);
});

test('traceparent is the W3C header of the span', async () => {
  const page = await openPage();
  const span = page.telemetry.startSpan('x');
  const { traceId, spanId, traceFlags } = span.spanContext();
  expect(traceFlags).toBe(1);
  expect(span.traceparent).toBe(`00-${traceId}-${spanId}-01`);
});

test('setters chain, and the last status wins', async () => {
  const page = await openPage();
  page.telemetry
    .startSpan('before')
    .updateName('after')
    .setAttribute('a', 1)
    .setAttributes({ a: 2, b: [true, false] })
    .addEvent('cached', { hit: true }, OPENED + 7)
    .setStatus('error', 'no')
    .setStatus('ok')
    .end();
  const trace = await page.trace();
  expect(trace.root('after').span).toMatchObject({
    attributes: { a: 2, b: [true, false] },
    events: [{ name: 'cached', time: OPENED + 7, attributes: { hit: true } }],
    status: { code: 'ok' },
  });
});

test('after its end a span records nothing more', async () => {
  const page = await openPage();
  const span = page.telemetry.startSpan('x');
  expect(span.isRecording()).toBe(true);
  span.end(OPENED + 3);
  expect(span.isRecording()).toBe(false);
  span.setAttribute('late', true).addEvent('late').updateName('late').end();
  const trace = await page.trace();
  expect(trace.root('x').span).toEqual({
    ...span.spanContext(),
    traceFlags: undefined,
    name: 'x',
    startTime: OPENED,
    endTime: OPENED + 3,
  });
});

test('an exception is an event with type, message and stack', async () => {
  const page = await openPage();
  const error = new RangeError('too far');
  page.telemetry.startSpan('x').recordException(error).end();
  page.telemetry.startSpan('y').recordException('no').end();
  const trace = await page.trace();
  expect(trace.root('x').span.events).toMatchObject([
    {
      name: 'exception',
      attributes: {
        'exception.type': 'RangeError',
        'exception.message': 'too far',
        'exception.stacktrace': error.stack,
      },
    },
  ]);
  expect(trace.root('y').span.events?.[0]?.attributes).toEqual({
    'exception.message': 'no',
  });
});

test('an error that cannot be described is recorded all the same', async () => {
  const page = await openPage();
  const hostile = Object.defineProperty({}, 'message', {
    get() {
      throw new Error('gotcha');
    },
  });
  page.telemetry.startSpan('x').recordException(hostile).end();
  const trace = await page.trace();
  expect(trace.root('x').span.events).toMatchObject([{ name: 'exception' }]);
});

test('values that are no attributes are dropped silently', async () => {
  const page = await openPage();
  const attributes = {
    object: {},
    function: () => 1,
    null: null,
    undefined,
    symbol: Symbol('s'),
    bigint: 1n,
    nan: NaN,
    infinite: -Infinity,
    mixed: [1, 'a'],
    nested: [[1]],
    hole: [1, NaN],
    kept: 'yes',
    empty: [],
  };
  page.telemetry.startSpan('x', attributes as never).end();
  const trace = await page.trace();
  expect(trace.root('x').span.attributes).toEqual({ kept: 'yes', empty: [] });
});

test('an attribute may be called __proto__', async () => {
  const page = await openPage();
  page.telemetry.startSpan('x').setAttribute('__proto__', 'own').end();
  const trace = await page.trace();
  expect(Object.entries(trace.root('x').span.attributes ?? {})).toEqual([
    ['__proto__', 'own'],
  ]);
});

test('long strings are cut, and halves of characters replaced, so that any parser takes them', async () => {
  const page = await openPage();
  page.telemetry
    .startSpan('\ud83d', { long: 'x'.repeat(4095) + '😀', pair: '😀' })
    .end();
  const trace = await page.trace();
  expect(trace.root('\ufffd').span.attributes).toEqual({
    long: 'x'.repeat(4095) + '\ufffd',
    pair: '😀',
  });
});

test('attributes, events and links are kept up to 128 each', async () => {
  const page = await openPage();
  const link = { context: `00-${TRACE}-${SPAN}-01` };
  const span = page.telemetry.startSpan('x', undefined, {
    links: Array.from({ length: 130 }, () => link),
  });
  for (let i = 0; i < 130; i++) {
    span.setAttribute(`a${i}`, i).addEvent(`e${i}`);
  }
  span.setAttribute('a0', 'still replaced').end();
  const { attributes, events, links } = (await page.trace()).root('x').span;
  expect(Object.keys(attributes ?? {})).toHaveLength(128);
  expect(attributes?.['a0']).toBe('still replaced');
  expect(events).toHaveLength(128);
  expect(links).toHaveLength(128);
});

test('kind, start time and links are options', async () => {
  const page = await openPage();
  page.telemetry
    .startSpan(
      'x',
      {},
      {
        kind: 'producer',
        startTime: new Date(OPENED - 10),
        links: [
          {
            context: { traceId: TRACE, spanId: SPAN, traceFlags: 1 },
            attributes: { queue: 'outbox' },
          },
          { context: 'nonsense' },
        ],
      },
    )
    .end(OPENED - 5);
  const trace = await page.trace();
  expect(trace.root('x').span).toMatchObject({
    kind: 'producer',
    startTime: OPENED - 10,
    endTime: OPENED - 5,
    links: [{ traceId: TRACE, spanId: SPAN, attributes: { queue: 'outbox' } }],
  });
});

test('a time that is not since 1970 is taken as now, and no span ends before it starts', async () => {
  const page = await openPage();
  await page.wait(10);
  const bare = page.telemetry.startSpan('x', {}, { startTime: 9.5 });
  bare.addEvent('e', {}, NaN);
  bare.end(OPENED - 1000);
  const trace = await page.trace();
  expect(trace.root('x').span).toMatchObject({
    startTime: OPENED + 10,
    endTime: OPENED + 10,
    events: [{ time: OPENED + 10 }],
  });
});

test.each<[string, (span: Span) => SpanParent]>([
  ['a span', (span) => span],
  ['a context', (span) => span.spanContext()],
  ['a traceparent', (span) => span.traceparent],
])('the parent may be %s', async (_, toParent) => {
  const page = await openPage();
  const parent = page.telemetry.startSpan('parent');
  page.telemetry.startSpan('child', {}, { parent: toParent(parent) }).end();
  parent.end();
  (await page.trace()).root('parent').child('child');
});

test.each([
  'nonsense',
  '',
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-`,
  `00-${TRACE}-${SPAN}-01-00`,
  `00-${TRACE}-${SPAN}-0`,
  { traceId: TRACE, spanId: 'short', traceFlags: 1 },
  {} as never,
  7 as never,
])(
  'a parent that is none, %j, makes a root, whatever is current',
  async (parent) => {
    const page = await openPage();
    page.telemetry.withSpan('current', () => {
      page.telemetry.startSpan('x', {}, { parent }).end();
    });
    expect((await page.trace()).roots()).toEqual(['x', 'current']);
  },
);

test('a traceparent of a later version is read as far as it is known', async () => {
  const page = await openPage();
  const span = page.telemetry.startSpan(
    'x',
    {},
    {
      parent: `42-${TRACE}-${SPAN}-01-more`,
    },
  );
  expect(span.spanContext().traceId).toBe(TRACE);
});

test('the trace state of a parent is handed on', async () => {
  const page = await openPage();
  const context = { traceId: TRACE, spanId: SPAN, traceFlags: 1 };
  const good = { ...context, traceState: 'a=b' };
  const bad = { ...context, traceState: 'a=b\n' };
  const span = page.telemetry.startSpan('x', {}, { parent: good });
  expect(span.spanContext().traceState).toBe('a=b');
  span.end();
  page.telemetry.startSpan('y', {}, { parent: bad }).end();
  await page.telemetry.flush();
  expect(page.spans().map((span) => span.traceState)).toEqual([
    'a=b',
    undefined,
  ]);
});
