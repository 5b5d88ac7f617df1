import { expect, test } from 'vitest';
import type { PageSpan } from '../bindings/PageSpan.js';
import { openPage, type FakePage } from './support/openPage.js';

/** The exceptions of a span, by their messages. */
function exceptions(span: PageSpan): unknown[] {
  return (span.events ?? [])
    .filter(({ name }) => name === 'exception')
    .map(({ attributes }) => attributes?.['exception.message']);
}

/** Records one error, and gives back what is sent of it. */
async function record(page: FakePage, error: unknown) {
  page.telemetry.startSpan('x').recordException(error).end();
  const { events } = (await page.trace()).root('x').span;
  return events?.[0]?.attributes;
}

test.each([
  ['a text', 'the account 4711 is overdrawn'],
  ['an object', { code: 7, message: 'the account 4711 is overdrawn' }],
])(
  'what a command rejects with, %s, is recorded by no span',
  async (_, value) => {
    const { telemetry, ...page } = await openPage();
    page.commands['pay'] = () => {
      throw value;
    };
    await expect(
      telemetry.withSpan('outer', (outer) =>
        outer.withSpan('inner', (inner) => inner.invoke('pay')),
      ),
    ).rejects.toEqual(value);
    const trace = await page.trace();
    const inner = trace.root('outer').child('inner');
    expect(trace.root('outer').span.status).toEqual({ code: 'error' });
    expect(inner.span.status).toEqual({ code: 'error' });
    expect(inner.child('pay').span.attributes).toEqual({
      'error.type': 'error',
    });
    expect(JSON.stringify(page.batches)).not.toContain('4711');
  },
);

test('an error that a function throws is its type, its message and its stack', async () => {
  const { telemetry, ...page } = await openPage();
  const error = new TypeError('no list');
  expect(() =>
    telemetry.withSpan('parse', () => {
      throw error;
    }),
  ).toThrow(error);
  expect((await page.trace()).root('parse').span).toMatchObject({
    status: { code: 'error', message: 'no list' },
    attributes: { 'error.type': 'TypeError' },
    events: [
      {
        name: 'exception',
        attributes: {
          'exception.type': 'TypeError',
          'exception.message': 'no list',
          'exception.stacktrace': error.stack,
        },
      },
    ],
  });
});

test('an error of another realm is an error', async () => {
  const { telemetry, ...page } = await openPage();
  const { runInNewContext } = await import('node:vm');
  const foreign = runInNewContext('new RangeError("too far")') as Error;
  await telemetry.withSpan('x', () => Promise.reject(foreign)).catch(() => {});
  expect(exceptions((await page.trace()).root('x').span)).toEqual(['too far']);
});

test('one error through three spans is one exception, at the innermost', async () => {
  const { telemetry, ...page } = await openPage();
  const error = new Error('broken');
  await telemetry
    .withSpan('a', (a) =>
      a.withSpan('b', (b) =>
        b.withSpan('c', async () => {
          throw error;
        }),
      ),
    )
    .catch(() => {});
  const a = (await page.trace()).root('a');
  const b = a.child('b');
  const c = b.child('c');
  expect([a, b, c].map(({ span }) => span.status?.code)).toEqual([
    'error',
    'error',
    'error',
  ]);
  expect([a, b, c].map(({ span }) => exceptions(span))).toEqual([
    [],
    [],
    ['broken'],
  ]);
});

test('what the app has recorded itself is not recorded again on its way out', async () => {
  const { telemetry, ...page } = await openPage();
  expect(() =>
    telemetry.withSpan('x', (span) => {
      const error = new Error('broken');
      span.recordException(error);
      throw error;
    }),
  ).toThrow('broken');
  expect(exceptions((await page.trace()).root('x').span)).toEqual(['broken']);
});

test('an error that an unsampled span has seen is recorded by one that is sampled', async () => {
  const { telemetry, ...page } = await openPage({ ratio: 0 });
  const error = new Error('broken');
  telemetry.startSpan('unsampled').recordException(error);
  const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  telemetry.startSpan('sampled', {}, { parent }).recordException(error).end();
  await telemetry.flush();
  expect(page.spans().map(exceptions)).toEqual([['broken']]);
});

test('the causes of an error are in its stack trace', async () => {
  const page = await openPage();
  const root = new RangeError('the disk is full');
  const error = new Error('not saved', {
    cause: new Error('not written', { cause: root }),
  });
  const stack = String((await record(page, error))?.['exception.stacktrace']);
  expect(stack).toMatch(
    /not saved[^]*\nCaused by: Error: not written[^]*\nCaused by: RangeError: the disk is full/,
  );
});

test('a stack without its message, as WebKit has it, is the cause all the same', async () => {
  const page = await openPage();
  const cause = new RangeError('the disk is full');
  cause.stack = 'save@app.js:1:2';
  const error = new Error('not saved', { cause });
  const stack = String((await record(page, error))?.['exception.stacktrace']);
  expect(stack).toContain(
    'Caused by: RangeError: the disk is full\nsave@app.js:1:2',
  );
});

test('a long stack does not push out the cause, and a circle of causes has an end', async () => {
  const page = await openPage();
  const error = new Error('outer');
  const cause = new Error('inner', { cause: error });
  error.cause = cause;
  error.stack = 'x'.repeat(10_000);
  const stack = String((await record(page, error))?.['exception.stacktrace']);
  expect(stack).toContain('Caused by: Error: inner');
  expect(stack.length).toBeLessThanOrEqual(4096);
});
