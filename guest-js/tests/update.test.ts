// @vitest-environment happy-dom
import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import type { KernelConfig } from '../bindings/KernelConfig.js';
import type { Kernel } from '../kernel/types/kernel.js';
import { createFakeTauri } from './support/fakeTauri.js';

afterEach(() => vi.restoreAllMocks());

const CONFIG: KernelConfig = {
  invokeKey: '',
  ratio: 1,
  commands: [],
  transport: 'late',
};

/** What Rust runs in an open page when the consent or the sampling has changed. */
function update(): void {
  const scripts = [
    `const KERNEL_CONFIG=${JSON.stringify(CONFIG)};`,
    readFileSync('plugin/kernel.js', 'utf8'),
    'const INSTRUMENTATIONS=["console"],PROPAGATE_TO=[];',
    readFileSync('plugin/instrumentations.js', 'utf8'),
  ];
  const late = readFileSync('plugin/late.js', 'utf8');
  new Function(late.replace('START();', () => scripts.join('\n')))();
}

test('a page that is brought up to date twice records each line of the console once', async () => {
  vi.spyOn(console, 'warn').mockReturnValue();
  const tauri = createFakeTauri(true);
  window.fetch = tauri.fetch;
  Object.assign(window, {
    __TAURI_INTERNALS__: tauri.internals,
    ipc: tauri.ipc,
  });
  update();
  update();
  console.warn('once');
  await (
    window as unknown as { __TAURI_OPENTELEMETRY__: Kernel }
  ).__TAURI_OPENTELEMETRY__.flush();
  const logs = tauri.batches.flatMap(({ logs }) => logs ?? []);
  expect(logs.map(({ body }) => body)).toEqual(['once']);
});
