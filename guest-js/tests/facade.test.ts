import { readFileSync } from 'node:fs';
import type * as tauri from '@tauri-apps/api/core';
import { expect, expectTypeOf, test, vi } from 'vitest';
import type * as api from '../index.js';
import { openPage } from './support/openPage.js';

/** The package as a page that is open now would load it. */
async function load(): Promise<typeof api> {
  vi.resetModules();
  return import('../index.js');
}

/** The script for `withGlobalTauri`, as tauri runs it in this page. */
function runGlobalApi(): void {
  new Function(readFileSync('api-iife.js', 'utf8'))();
}

test('`invoke` of the package is a child of the current span', async () => {
  const page = await openPage();
  const { telemetry, invoke } = await load();
  await telemetry.withSpan('click', () => invoke('greet'));
  (await page.trace()).root('click').child('greet');
});

test('`invoke` has the type of the one that it stands in for', () => {
  expectTypeOf<api.InvokeArgs>().toEqualTypeOf<tauri.InvokeArgs>();
  expectTypeOf<api.InvokeOptions>().toEqualTypeOf<tauri.InvokeOptions>();
  expectTypeOf<typeof api.invoke>().toEqualTypeOf<typeof tauri.invoke>();
});

test('the no-op cannot be changed', async () => {
  const { telemetry } = await load();
  expect(Object.isFrozen(telemetry)).toBe(true);
  expect(Object.isFrozen(telemetry.startSpan('x'))).toBe(true);
});

test('the no-op span has no ids, and is no parent', async () => {
  const { telemetry } = await load();
  const none = telemetry.startSpan('none');
  expect(none.traceparent).toBe('');
  expect(none.spanContext().traceFlags).toBe(0);
  const page = await openPage();
  page.telemetry.startSpan('x', {}, { parent: none }).end();
  expect((await page.trace()).roots()).toEqual(['x']);
});

test('the global script has the whole package when telemetry is on', async () => {
  const page = await openPage({ globals: { __TAURI__: {} } });
  runGlobalApi();
  const { telemetry, invoke } = (
    page.window['__TAURI__'] as { opentelemetry: typeof api }
  ).opentelemetry;
  expect(telemetry.enabled).toBe(true);
  await telemetry.withSpan('click', () => invoke('greet'));
  (await page.trace()).root('click').child('greet');
});

test('without `withGlobalTauri` the global script does nothing', () => {
  const window = {};
  vi.stubGlobal('window', window);
  runGlobalApi();
  expect(window).toEqual({});
});
