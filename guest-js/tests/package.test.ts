import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

beforeEach(() => void vi.resetModules());
afterEach(() => void vi.unstubAllGlobals());

it('is a shared no-op while telemetry is off', async () => {
  const { telemetry, invoke } = await import('../index.js');
  const called = vi.fn(async (cmd: string) => cmd);
  vi.stubGlobal('window', { __TAURI_INTERNALS__: { invoke: called } });

  const span = telemetry.startSpan('x', { a: 1 });
  expect(telemetry.enabled).toBe(false);
  expect(telemetry.startSpan('y')).toBe(span);
  expect(span.setAttribute('a', 1).addEvent('e').setStatus('ok')).toBe(span);
  expect(span.isRecording()).toBe(false);
  expect(telemetry.withSpan('z', (inner) => inner === span)).toBe(true);
  expect(telemetry.withSpan('z', {}, () => 7)).toBe(7);
  span.end();

  expect(await span.invoke('a')).toBe('a');
  expect(await telemetry.invoke('b')).toBe('b');
  expect(await invoke('c', { d: 1 })).toBe('c');
  expect(called).toHaveBeenLastCalledWith('c', { d: 1 }, undefined);
});

it('can be imported where there is no window', async () => {
  const { telemetry } = await import('../index.js');
  expect(telemetry.enabled).toBe(false);
  await expect(telemetry.invoke('x')).rejects.toThrow();
});

it('is window.__TAURI__.opentelemetry where tauri is global', () => {
  const window = {
    __TAURI__: {} as { opentelemetry?: { telemetry: { enabled: boolean } } },
  };
  runInNewContext(readFileSync('api-iife.js', 'utf8'), { window });
  expect(window.__TAURI__.opentelemetry?.telemetry.enabled).toBe(false);
});
