import { expect, test } from 'vitest';
import { openPage } from './support/openPage.js';

test('a trace outside of the sample is handed on as such, and never sent', async () => {
  const { telemetry, ...page } = await openPage({ ratio: 0 });
  await telemetry.withSpan('x', { a: 1 }, async (span) => {
    expect(span.isRecording()).toBe(false);
    expect(span.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/);
    span.addEvent('e').recordException(new Error()).setStatus('ok');
    const child = telemetry.startSpan('child');
    expect(child.spanContext()).toMatchObject({
      traceId: span.spanContext().traceId,
      traceFlags: 0,
    });
    await span.invoke('greet');
  });
  await telemetry.flush();
  expect(page.batches).toEqual([]);
  expect(page.calls[0]?.headers.get('traceparent')).toMatch(/-00$/);
});

test('the ratio is the share of traces that are kept', async () => {
  const { telemetry } = await openPage({ ratio: 0.25 });
  const kept = Array.from({ length: 4000 }, () =>
    telemetry.startSpan('x').isRecording(),
  ).filter(Boolean).length;
  expect(kept / 4000).toBeCloseTo(0.25, 1);
});

test.each([
  ['3fffffff', true],
  ['40000000', false],
])(
  'the decision is that of TraceIdRatioBased in Rust: …%s… at 0.25 is %s',
  async (digits, kept) => {
    const { telemetry } = await openPage({
      commands: [{ pattern: '*', ratio: 0.25 }],
    });
    const parent = `00-${'f'.repeat(16)}${digits}${'f'.repeat(8)}-${'a'.repeat(16)}-01`;
    const span = telemetry.startSpan('x', {}, { parent });
    // Head sampling does not touch the child of another's trace; the same scale, on a command, does.
    expect(span.isRecording()).toBe(true);
    const page = await openPage({ commands: [{ pattern: '*', ratio: 0.25 }] });
    await page.invoke('greet', {}, { headers: { traceparent: parent } });
    expect(page.calls[0]?.headers.get('traceparent')).toMatch(
      kept ? /-01$/ : /-00$/,
    );
  },
);

test('a child follows its parent, whatever the ratio', async () => {
  const { telemetry, ...page } = await openPage({ ratio: 0 });
  const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  telemetry.startSpan('sampled', {}, { parent }).end();
  await telemetry.flush();
  expect(page.spans().map(({ name }) => name)).toEqual(['sampled']);
});

test('a command that a rule leaves out is not traced, and nothing below it', async () => {
  const { telemetry, ...page } = await openPage({
    commands: [{ pattern: 'gre?t', ratio: 0 }],
  });
  await telemetry.withSpan('click', (span) => span.invoke('greet'));
  const click = (await page.trace()).root('click');
  expect(page.spans()).toHaveLength(1);
  expect(page.calls[0]?.headers.get('traceparent')).toMatch(
    new RegExp(`^00-${click.span.traceId}-[\\da-f]{16}-00$`),
  );
});

test('the first rule that matches counts, over the whole name', async () => {
  const page = await openPage({
    commands: [
      { pattern: 'refresh_now', ratio: 1 },
      { pattern: 'refresh_*', ratio: 0 },
      { pattern: 'plugin:window|*', ratio: 0 },
    ],
  });
  const names = [
    'refresh_now',
    'refresh_all',
    'do_refresh_all',
    'plugin:window|title',
    'plugin:windowXtitle',
  ];
  for (const name of names) await page.invoke(name).catch(() => undefined);
  await page.telemetry.flush();
  expect(page.spans().map(({ name }) => name)).toEqual([
    'refresh_now',
    'do_refresh_all',
    'plugin:windowXtitle',
  ]);
});

test('the ratio can be changed while the page is open', async () => {
  const { kernel, telemetry } = await openPage({ ratio: 1 });
  kernel.setSampling(0);
  expect(telemetry.startSpan('x').isRecording()).toBe(false);
  kernel.setSampling(1);
  expect(telemetry.startSpan('x').isRecording()).toBe(true);
});
