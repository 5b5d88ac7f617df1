import { expect, test, vi } from 'vitest';
import { openPage } from './support/openPage.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('the active span is that of the innermost function', async () => {
  const { telemetry } = await openPage();
  const outer = telemetry.startSpan('outer');
  outer.run(() => {
    expect(telemetry.activeSpan()).toBe(outer);
    outer.withSpan('inner', (inner) => {
      expect(telemetry.activeSpan()).toBe(inner);
    });
    expect(telemetry.activeSpan()).toBe(outer);
  });
});

test('a child can be started from its parent, whatever is active', async () => {
  const { telemetry, ...page } = await openPage();
  const parent = telemetry.startSpan('parent');
  telemetry.withSpan('other', () => {
    parent.startSpan('child', { a: 1 }).end();
    parent.startSpan('root', {}, { root: true }).end();
  });
  parent.end();
  const trace = await page.trace();
  expect(trace.root('parent').child('child').span.attributes).toEqual({ a: 1 });
  trace.root('root');
});

test('`withSpan` takes all options of `startSpan`', async () => {
  const { telemetry, ...page } = await openPage();
  const context = `00-${TRACE}-${SPAN}-01`;
  telemetry.withSpan('active', () => {
    telemetry.withSpan(
      'consume',
      { queue: 'outbox' },
      { kind: 'consumer', parent: context, startTime: 1_600_000_000_000 },
      () => undefined,
    );
    telemetry.withSpan(
      'linked',
      undefined,
      { root: true, links: [{ context }] },
      () => undefined,
    );
  });
  await telemetry.flush();
  const [consume, linked] = page.spans();
  expect(consume).toMatchObject({
    traceId: TRACE,
    parentSpanId: SPAN,
    kind: 'consumer',
    startTime: 1_600_000_000_000,
    attributes: { queue: 'outbox' },
  });
  expect(linked?.parentSpanId).toBeUndefined();
  expect(linked?.links).toMatchObject([{ traceId: TRACE, spanId: SPAN }]);
});

test('links can be added later, at most 128, and an invalid one is none', async () => {
  const { telemetry, ...page } = await openPage();
  const span = telemetry.startSpan('x').addLink({ context: 'nonsense' });
  for (let i = 0; i < 130; i++) {
    span.addLink({ context: `00-${TRACE}-${SPAN}-01`, attributes: { i } });
  }
  span.end();
  const { links } = (await page.trace()).root('x').span;
  expect(links).toHaveLength(128);
  expect(links?.[0]).toEqual({
    traceId: TRACE,
    spanId: SPAN,
    attributes: { i: 0 },
  });
});

test('what is no context, and a `traceState` that is none, hurt nobody', async () => {
  const { telemetry, ...page } = await openPage();
  const none = { context: undefined as never };
  telemetry
    .startSpan('x', {}, { links: [none] })
    .addLink(none)
    .end();
  const parent = {
    traceId: TRACE,
    spanId: SPAN,
    traceFlags: 1,
    traceState: null as never,
  };
  telemetry.startSpan('y', {}, { parent }).end();
  await telemetry.flush();
  const [x, y] = page.spans();
  expect(x?.links).toEqual([]);
  expect(y?.parentSpanId).toBe(SPAN);
});

test('read-only arrays are attributes', async () => {
  const { telemetry, ...page } = await openPage();
  const tags = ['a', 'b'] as const;
  const sizes: readonly number[] = [1, 2];
  telemetry.startSpan('x', { tags, sizes }).setAttribute('tags2', tags).end();
  expect((await page.trace()).root('x').span.attributes).toEqual({
    tags: ['a', 'b'],
    sizes: [1, 2],
    tags2: ['a', 'b'],
  });
});

test('two copies of the package share what is active', async () => {
  const { telemetry, ...page } = await openPage();
  vi.resetModules();
  const { telemetry: other } = await import('../index.js');
  expect(other).not.toBe(telemetry);
  telemetry.withSpan('outer', (span) => {
    expect(other.activeSpan()).toBe(span);
    other.startSpan('inner').end();
  });
  (await page.trace()).root('outer').child('inner');
});

test('a frontend with a context of its own is asked for it while nothing is active here', async () => {
  const { telemetry, kernel, ...page } = await openPage();
  let context: string | undefined = `00-${TRACE}-${SPAN}-01`;
  kernel.setContextSource(() => context);
  await page.invoke('greet');
  telemetry.activeSpan()?.startSpan('below').end();
  telemetry.withSpan('beside', () => {
    telemetry.startSpan('inside').end();
  });
  context = undefined;
  telemetry.startSpan('alone').end();
  await telemetry.flush();
  const parents = page
    .spans()
    .map(({ name, parentSpanId }) => [name, parentSpanId]);
  expect(parents).toContainEqual(['greet', SPAN]);
  expect(parents).toContainEqual(['below', SPAN]);
  expect(parents).toContainEqual(['beside', SPAN]);
  expect(parents).not.toContainEqual(['inside', SPAN]);
  expect(parents).toContainEqual(['alone', undefined]);
});
