import { expect, test, vi } from 'vitest';
import type { KernelConfig } from '../bindings/KernelConfig.js';
import { INVOKE_KEY } from './support/fakeTauri.js';
import { inject, openPage } from './support/openPage.js';

const CONFIG: KernelConfig = {
  invokeKey: INVOKE_KEY,
  ratio: 1,
  commands: [],
  transport: 'fetch',
};

test('the global can be neither replaced, nor changed, nor listed', async () => {
  const page = await openPage();
  expect(
    Object.getOwnPropertyDescriptor(page.window, '__TAURI_OPENTELEMETRY__'),
  ).toEqual({
    value: page.kernel,
    writable: false,
    enumerable: false,
    configurable: false,
  });
  expect(Object.isFrozen(page.kernel)).toBe(true);
  expect(page.telemetry.enabled).toBe(true);
});

test('a second injection changes nothing', async () => {
  const page = await openPage();
  const { fetch } = window;
  await inject('source', CONFIG);
  expect(page.window['__TAURI_OPENTELEMETRY__']).toBe(page.kernel);
  expect(window.fetch).toBe(fetch);
});

test('outside of a tauri webview nothing starts', async () => {
  const { fetch } = globalThis;
  vi.stubGlobal('window', { fetch });
  await inject('source', CONFIG);
  expect(Object.getOwnPropertyNames(window)).toEqual(['fetch']);
  expect(window.fetch).toBe(fetch);
});

test('the invoke key cannot be reached from what the page is given', async () => {
  const page = await openPage();
  await page.invoke('greet');
  const seen = new Set<unknown>();
  const search = (value: unknown): void => {
    expect(value).not.toBe(INVOKE_KEY);
    if (Object(value) !== value || seen.has(value)) return;
    seen.add(value);
    const own = Object.getOwnPropertyNames(value);
    for (const key of own.filter(
      (name) => !/caller|callee|arguments/.test(name),
    )) {
      search((value as Record<string, unknown>)[key]);
    }
  };
  search(page.kernel);
  search(page.telemetry);
  search(page.telemetry.startSpan('x'));
});

test('the file that Rust injects does all of it', async () => {
  const { telemetry, ...page } = await openPage({
    form: 'built',
    commands: [{ pattern: 'refresh_*', ratio: 0 }],
  });
  await telemetry.withSpan('ui.button_click', async (span) => {
    await span.invoke('greet');
    await span.invoke('fail').catch(() => undefined);
    await span.invoke('refresh_all').catch(() => undefined);
  });
  await page.wait(50);
  const trace = await page.trace();
  const click = trace.root('ui.button_click');
  expect(click.child('greet').span.invoke).toBe(true);
  expect(click.child('fail').span.attributes).toEqual({
    'error.type': 'error',
  });
  expect(page.spans()).toHaveLength(3);

  telemetry.startSpan('open');
  page.leave();
  expect(page.calls.at(-1)).toMatchObject({
    wire: 'message',
    payload: { spans: [{ attributes: { 'span.unfinished': true } }] },
  });
});
