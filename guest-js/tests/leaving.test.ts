import { expect, test, vi } from 'vitest';
import { BATCH_COMMAND, INVOKE_KEY } from './support/fakeTauri.js';
import { OPENED, openPage } from './support/openPage.js';

test('a page that is left sends everything before the handler returns', async () => {
  const page = await openPage();
  page.telemetry.startSpan('done').end();
  const open = page.telemetry.startSpan('open', { a: 1 });
  await page.wait(10);
  page.leave();
  expect(page.calls).toMatchObject([
    { wire: 'message', cmd: BATCH_COMMAND, invokeKey: INVOKE_KEY },
  ]);
  expect(page.batches[0]).toMatchObject({
    spans: [
      { name: 'done' },
      {
        name: 'open',
        endTime: OPENED + 10,
        attributes: { a: 1, 'span.unfinished': true },
      },
    ],
  });
  expect(open.isRecording()).toBe(false);
});

test('what the app ends in a handler of its own, registered later, still goes out', async () => {
  const page = await openPage();
  const visit = page.telemetry.startSpan('visit');
  page.window.addEventListener('pagehide', () => {
    visit.setAttribute('late', true).end();
  });
  page.leave();
  expect(page.calls.map(({ wire }) => wire)).toEqual(['message']);
  expect(page.spans()).toMatchObject([
    { name: 'visit', attributes: { late: true } },
  ]);
  expect(page.spans()[0]?.attributes).not.toHaveProperty('span.unfinished');
});

test('what the app ends later still, when it is hidden or unloaded, goes out at once', async () => {
  const page = await openPage();
  page.window.addEventListener('unload', () => {
    page.telemetry.startSpan('unload').end();
    page.kernel.emit('logs', { time: OPENED, severity: 9, body: 'bye' });
  });
  page.leave();
  page.window.dispatchEvent(new Event('unload'));
  expect(page.calls.map(({ wire }) => wire)).toEqual(['message', 'message']);
  expect(page.spans().map(({ name }) => name)).toEqual(['unload']);
  expect(page.batches.at(-1)).toMatchObject({ logs: [{ body: 'bye' }] });
});

test('what is emitted while a page is being hidden goes with the rest', async () => {
  const page = await openPage();
  page.kernel.onLeave(() => page.telemetry.startSpan('vitals').end());
  page.document.addEventListener('visibilitychange', () => {
    page.telemetry.startSpan('late').end();
  });
  page.hide();
  await page.wait(0);
  expect(page.batches.map(({ spans }) => spans.map((s) => s.name))).toEqual([
    ['late', 'vitals'],
  ]);
});

test('a callback for leaving is called until it is taken back, and may throw', async ({
  onTestFinished,
}) => {
  const page = await openPage();
  const error = vi.spyOn(console, 'error').mockReturnValue();
  onTestFinished(() => error.mockRestore());
  const callback = vi.fn();
  page.kernel.onLeave(() => {
    throw new Error('broken');
  });
  const takeBack = page.kernel.onLeave(callback);
  page.hide();
  page.leave();
  expect(callback).toHaveBeenCalledTimes(2);
  takeBack();
  page.leave();
  expect(callback).toHaveBeenCalledTimes(2);
});

test('more than a batch is left behind in batches, all of them by message', async () => {
  const page = await openPage();
  for (let i = 0; i < 1300; i++) page.telemetry.startSpan('open');
  page.leave();
  expect(page.calls.map(({ wire }) => wire)).toEqual(Array(3).fill('message'));
  expect(page.batches.map(({ spans }) => spans.length)).toEqual([
    512, 512, 276,
  ]);
});

test('where there is no way below the invoke, the invoke must do', async () => {
  const page = await openPage({ globals: { ipc: undefined } });
  page.telemetry.startSpan('open');
  page.leave();
  expect(page.calls).toMatchObject([{ wire: 'fetch', cmd: BATCH_COMMAND }]);
});

test('a page that comes back goes on', async () => {
  const page = await openPage();
  page.telemetry.startSpan('before').end();
  page.leave();
  page.window.dispatchEvent(new Event('pageshow'));
  await page.telemetry.withSpan('after', (span) => span.invoke('greet'));
  (await page.trace()).root('after').child('greet');
  expect(page.calls.at(-1)?.wire).toBe('fetch');
});

test('an invoke that the navigation cut off is unfinished, not failed', async () => {
  const page = await openPage();
  page.blockIpc();
  await page.invoke('greet');
  page.leave();
  const greet = page.spans().find(({ name }) => name === 'greet');
  expect(greet?.attributes).toMatchObject({ 'span.unfinished': true });
  expect(greet?.status).toBeUndefined();
});
