import { expect, test, vi } from 'vitest';
import { BATCH_COMMAND } from './support/fakeTauri.js';
import { openPage } from './support/openPage.js';

/** A kernel that came into an open page has no invoke key: nothing that it sends by itself would be taken. */
test('a kernel that came late sends by the invoke of tauri', async () => {
  const page = await openPage({
    transport: 'late',
    invokeKey: '',
    usesFetch: true,
  });
  page.telemetry.startSpan('x').end();
  await page.telemetry.flush();
  expect(page.spans().map((span) => span.name)).toEqual(['x']);
  const [call] = page.calls.filter((call) => call.cmd === BATCH_COMMAND);
  expect(call?.invokeKey).not.toBe('');
});

test('what it has when its page is left waits for the next page of the window', async () => {
  const items = new Map<string, string>();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  });
  const page = await openPage({ transport: 'late', invokeKey: '' });
  page.telemetry.startSpan('x').end();
  page.leave();
  expect(page.calls).toEqual([]);
  expect([...items.values()].join()).toContain('"x"');
});
