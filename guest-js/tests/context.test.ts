import { expect, test } from 'vitest';
import { openPage } from './support/openPage.js';

test('nested calls of withSpan are nested spans', async () => {
  const { telemetry, ...page } = await openPage();
  const result = telemetry.withSpan('a', { level: 1 }, () =>
    telemetry.withSpan('b', () => telemetry.withSpan('c', () => 42)),
  );
  expect(result).toBe(42);
  const trace = await page.trace();
  expect(trace.root('a').span.attributes).toEqual({ level: 1 });
  trace.root('a').child('b').child('c');
});

test('the span carries the context across await', async () => {
  const { telemetry, ...page } = await openPage();
  const result = await telemetry.withSpan('load', async (span) => {
    await Promise.resolve();
    await span.invoke('greet');
    span.withSpan('parse', { rows: 3 }, () => {
      telemetry.startSpan('inside').end();
    });
    return span.run(() => telemetry.startSpan('run').end()) ?? 'done';
  });
  expect(result).toBe('done');
  const load = (await page.trace()).root('load');
  load.child('greet');
  load.child('parse').child('inside');
  load.child('run');
  expect(load.child('parse').span.attributes).toEqual({ rows: 3 });
});

test('after an await nothing is current: a wrong parent is worse than none', async () => {
  const { telemetry, ...page } = await openPage();
  const slow = telemetry.withSpan('slow', async () => {
    await Promise.resolve();
    telemetry.startSpan('orphan').end();
  });
  telemetry.startSpan('bystander').end();
  await slow;
  expect((await page.trace()).roots()).toEqual(['bystander', 'orphan', 'slow']);
});

test('a function that throws ends its span as failed, with the same error', async () => {
  const { telemetry, ...page } = await openPage();
  const error = new TypeError('broken');
  expect(() =>
    telemetry.withSpan('x', () => {
      throw error;
    }),
  ).toThrow(error);
  telemetry.startSpan('next').end();
  const trace = await page.trace();
  expect(trace.root('x').span).toMatchObject({
    status: { code: 'error', message: 'broken' },
    events: [
      { name: 'exception', attributes: { 'exception.type': 'TypeError' } },
    ],
  });
  trace.root('next');
});

test('a promise that rejects ends its span as failed, with the same reason', async () => {
  const { telemetry, ...page } = await openPage();
  const reason = { code: 7 };
  await expect(
    telemetry.withSpan('x', () => Promise.reject(reason as never)),
  ).rejects.toBe(reason);
  const trace = await page.trace();
  expect(trace.root('x').span.status?.code).toBe('error');
});

test('a span lasts until the promise settles', async () => {
  const { telemetry, ...page } = await openPage();
  const done = telemetry.withSpan(
    'x',
    () => new Promise((resolve) => setTimeout(resolve, 30)),
  );
  await page.wait(30);
  await done;
  const { startTime, endTime } = (await page.trace()).root('x').span;
  expect(endTime - startTime).toBe(30);
});

test('a root is one even inside of a span', async () => {
  const { telemetry, ...page } = await openPage();
  telemetry.withSpan('outer', () => {
    telemetry.startSpan('root', {}, { root: true }).end();
  });
  expect((await page.trace()).roots()).toEqual(['root', 'outer']);
});

test('a span that has ended can still be a parent', async () => {
  const { telemetry, ...page } = await openPage();
  const span = telemetry.startSpan('ended');
  span.end();
  span.withSpan('late', () => undefined);
  (await page.trace()).root('ended').child('late');
});
