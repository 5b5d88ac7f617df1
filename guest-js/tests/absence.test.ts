import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openPage } from './support/openPage.js';
import { runTransformed } from './support/runTransformed.js';

// Written in by `vitest.config.ts`, as the build does it.
declare const VERSION: string;

const warn = vi.spyOn(console, 'warn').mockReturnValue();
beforeEach(() => {
  warn.mockClear();
  vi.resetModules();
});
afterEach(() => void vi.unstubAllGlobals());

/** Uses the package as an app does, whatever it finds. */
async function use(): Promise<void> {
  const { telemetry, traced } = await import('../index.js');
  for (let i = 0; i < 2; i++) {
    telemetry.startSpan('x').setAttribute('a', 1).end();
    telemetry.withSpan('y', (span) => span.addEvent('e'));
    traced('z', () => telemetry.activeSpan())();
    await telemetry.flush();
  }
}

const messages = () => warn.mock.calls.map(([text]) => text as string);

test.each([
  ['a later crate', { version: '0.99.0' }],
  ['a crate of another major version', { version: '99.1.0' }],
  ['a crate from before there were versions', { startSpan: () => ({}) }],
])('%s is named once, and nothing throws', async (_, kernel) => {
  vi.stubGlobal('__TAURI_OPENTELEMETRY__', kernel);
  await use();
  expect(messages()).toEqual([
    expect.stringContaining(`its npm package ${VERSION}.`),
  ]);
  if ('version' in kernel) expect(messages()[0]).toContain(kernel.version);
});

test('a later patch of the crate is no difference', async () => {
  const { kernel, ...page } = await openPage();
  vi.stubGlobal('__TAURI_OPENTELEMETRY__', {
    ...kernel,
    version: VERSION.replace(/\d+$/, '77'),
  });
  await use();
  await kernel.flush();
  expect(page.spans()).toHaveLength(6);
  expect(warn).not.toHaveBeenCalled();
});

test('an invoke goes on whatever the versions are', async () => {
  vi.stubGlobal('__TAURI_OPENTELEMETRY__', { version: '9.9.9' });
  vi.stubGlobal('window', {
    __TAURI_INTERNALS__: { invoke: async (command: string) => command },
  });
  const { invoke } = await import('../index.js');
  expect(await invoke('greet')).toBe('greet');
});

test('a worker is told once that it has no telemetry, if it asks for some', async () => {
  vi.stubGlobal('WorkerGlobalScope', Object);
  const main = await runTransformed<() => Promise<number>>(
    'const main = async () => await 7;',
  );
  expect(await main()).toBe(7);
  expect(messages()).toEqual([]);
  await use();
  expect(messages()).toEqual([expect.stringContaining('worker')]);
});

test('a frame is told once that the telemetry is in the page around it', async () => {
  vi.stubGlobal('top', { __TAURI_OPENTELEMETRY__: {} });
  await use();
  expect(messages()).toEqual([expect.stringContaining('frame')]);
});

test('a frame of another origin, a page without telemetry and a server are told nothing', async () => {
  await use();
  vi.stubGlobal('top', globalThis);
  vi.resetModules();
  await use();
  vi.stubGlobal(
    'top',
    new Proxy(
      {},
      {
        get() {
          throw new DOMException('cross-origin', 'SecurityError');
        },
      },
    ),
  );
  vi.resetModules();
  await use();
  expect(messages()).toEqual([]);
});

test('what was imported before telemetry came works from then on', async () => {
  const { telemetry } = await import('../index.js');
  expect(telemetry.enabled).toBe(false);
  telemetry.startSpan('before').end();
  const { kernel, ...page } = await openPage();
  expect(telemetry.enabled).toBe(true);
  telemetry.startSpan('after').end();
  await kernel.flush();
  expect(page.spans().map(({ name }) => name)).toEqual(['after']);
});
