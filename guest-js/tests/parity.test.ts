import { afterEach, describe, expect, test, vi } from 'vitest';
import type * as api from '../index.js';
import { openPage, type FakePage } from './support/openPage.js';

afterEach(() => void vi.resetModules());

/** The package where telemetry is on, or off. */
async function load(on: boolean): Promise<typeof api> {
  if (on) await openPage();
  else vi.resetModules();
  return import('../index.js');
}

describe.each([
  ['on', true],
  ['off', false],
])('with telemetry %s', (_, on) => {
  test('`withSpan` returns the promise that it was given', async () => {
    const { telemetry } = await load(on);
    const promise = Promise.resolve(7);
    expect(telemetry.withSpan('x', () => promise)).toBe(promise);
    const span = telemetry.startSpan('y');
    expect(span.withSpan('z', () => promise)).toBe(promise);
  });

  test('a query that runs when it is awaited runs as often as it is awaited', async () => {
    const { telemetry, traced } = await load(on);
    const query = { then: vi.fn((done: (rows: number) => void) => done(3)) };
    const { then } = query;
    const select = () => query as never as PromiseLike<number>;
    expect(telemetry.withSpan('x', select)).toBe(query);
    expect(then).not.toHaveBeenCalled();
    expect(await traced('y', select)()).toBe(3);
    expect(then).toHaveBeenCalledTimes(1);
    const frozen = Object.freeze({ then });
    expect(telemetry.withSpan('z', () => frozen as never)).toBe(frozen);
  });

  test('every method works without its span', async () => {
    const { telemetry } = await load(on);
    const span = telemetry.startSpan('x');
    const {
      isRecording,
      spanContext,
      setAttribute,
      setAttributes,
      addEvent,
      addLink,
      recordException,
      setStatus,
      updateName,
      run,
      startSpan,
      withSpan,
      end,
    } = span;
    expect(isRecording()).toBe(on);
    expect(spanContext().traceId).toHaveLength(32);
    expect(setAttribute('a', 1)).toBe(span);
    expect(setAttributes({ b: 2 })).toBe(span);
    expect(addEvent('e')).toBe(span);
    expect(addLink({ context: span })).toBe(span);
    expect(recordException('no')).toBe(span);
    expect(setStatus('ok')).toBe(span);
    expect(updateName('y')).toBe(span);
    expect(run(() => 7)).toBe(7);
    expect(startSpan('child').spanContext().traceId).toBe(
      spanContext().traceId,
    );
    expect(withSpan('child', () => 8)).toBe(8);
    await Promise.resolve().finally(end);
    expect(isRecording()).toBe(false);
  });

  test('the three forms of `withSpan` call the function that comes last', async () => {
    const { telemetry } = await load(on);
    for (const { withSpan } of [telemetry, telemetry.startSpan('x')]) {
      expect(withSpan('a', () => 1)).toBe(1);
      expect(withSpan('a', { b: 1 }, () => 2)).toBe(2);
      expect(withSpan('a', undefined, { kind: 'client' }, () => 3)).toBe(3);
    }
  });

  test('a getter of the attributes that throws hurts nobody', async () => {
    const { telemetry } = await load(on);
    const attributes = {
      get secret(): string {
        throw new Error('not yours');
      },
      kept: 'yes',
    };
    const span = telemetry.startSpan('x', attributes);
    span.setAttributes(attributes).addEvent('e', attributes).end();
    expect(telemetry.withSpan('y', attributes, () => 7)).toBe(7);
  });

  test('an asynchronous generator gives what it gives', async () => {
    const { telemetry } = await load(on);
    const generate = async function* () {
      yield 1;
      yield 2;
      return 3;
    };
    const seen: number[] = [];
    const pages = telemetry.withSpan('pages', generate);
    for await (const page of pages) seen.push(page);
    expect(seen).toEqual([1, 2]);
  });

  test('`traced` keeps `this`, the arguments and what comes back', async () => {
    const { traced } = await load(on);
    const calculator = {
      base: 10,
      add: traced('add', function (this: { base: number }, a: number) {
        return this.base + a;
      }),
    };
    expect(calculator.add(5)).toBe(15);
  });

  test('nothing is active outside of a span', async () => {
    const { telemetry } = await load(on);
    expect(telemetry.activeSpan()).toBeUndefined();
    telemetry.withSpan('x', (span) => {
      expect(telemetry.activeSpan()).toBe(on ? span : undefined);
    });
    expect(telemetry.activeSpan()).toBeUndefined();
  });
});

/** The only span with this name, after everything was sent. */
async function only(page: FakePage, name: string) {
  return (await page.trace()).root(name).span;
}

test('a getter that throws loses its own attribute and no other', async () => {
  const page = await openPage();
  const attributes = {
    get secret(): string {
      throw new Error('not yours');
    },
    kept: 'yes',
  };
  page.telemetry.startSpan('x', attributes).end();
  expect((await only(page, 'x')).attributes).toEqual({ kept: 'yes' });
});

test('the span of an asynchronous generator lasts until it is done', async () => {
  const page = await openPage();
  const rows = page.telemetry.withSpan('rows', async function* () {
    page.telemetry.startSpan('first').end();
    yield 1;
    page.telemetry.startSpan('second').end();
    yield 2;
  });
  await rows.next();
  await page.wait(30);
  await rows.next();
  await rows.next();
  const trace = await page.trace();
  const { startTime, endTime } = trace.root('rows').span;
  expect(endTime - startTime).toBe(30);
  trace.root('rows').child('first');
  trace.root('rows').child('second');
});

test('a generator that is left early ends its span, one that throws fails it', async () => {
  const page = await openPage();
  const count = function* () {
    for (let n = 0; ; n++) yield n;
  };
  for (const n of page.telemetry.withSpan('left', count)) {
    if (n === 2) break;
  }
  const failing = page.telemetry.withSpan('failing', async function* () {
    yield 1;
    throw new Error('broken');
  });
  await expect(
    (async () => {
      for await (const n of failing) expect(n).toBe(1);
    })(),
  ).rejects.toThrow('broken');
  const trace = await page.trace();
  expect(trace.root('left').span.status).toBeUndefined();
  expect(trace.root('failing').span.status).toEqual({
    code: 'error',
    message: 'broken',
  });
});

test('the span of a query lasts until it is answered, and is active where it begins', async () => {
  const page = await openPage();
  const query = (command: string): PromiseLike<unknown> => ({
    then: (...callbacks) => page.invoke(command).then(...callbacks),
  });
  expect(await page.telemetry.withSpan('good', () => query('greet'))).toBe(
    'hello',
  );
  await expect(
    (async () => page.telemetry.withSpan('bad', () => query('fail')))(),
  ).rejects.toBe('no');
  const trace = await page.trace();
  trace.root('good').child('greet');
  trace.root('bad').child('fail');
  expect(trace.root('bad').span.status).toEqual({ code: 'error' });
});

test('every call of a traced function is a span, below what is active', async () => {
  const page = await openPage();
  const { traced } = await import('../index.js');
  const load = traced('load', async (id: number) => id);
  await page.telemetry.withSpan('click', () => load(1));
  await load(2);
  const trace = await page.trace();
  trace.root('click').child('load');
  expect(trace.roots()).toContain('load');
});
