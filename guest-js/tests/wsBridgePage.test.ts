import { afterEach, expect, test, vi } from 'vitest';
import { openBridge, TOKEN } from './support/openBridge.js';

// What else runs in the page of a bridge: scripts that replace what they find, and wrappers of `fetch`.

afterEach(() => void vi.useRealTimers());

const settled = () => vi.advanceTimersByTimeAsync(0);

test('a script that replaces the iterator of arrays sees no token at a reconnection', async ({
  onTestFinished,
}) => {
  const { socket, sockets } = await openBridge();
  socket().accept();
  const prototype = Array.prototype;
  const original = prototype[Symbol.iterator];
  onTestFinished(() => {
    prototype[Symbol.iterator] = original;
  });
  const seen: string[] = [];
  prototype[Symbol.iterator] = function (this: unknown[]) {
    seen.push(this.join());
    return original.call(this);
  } as typeof original;
  socket().lose();
  await vi.advanceTimersByTimeAsync(100);
  prototype[Symbol.iterator] = original;
  expect(sockets).toHaveLength(2);
  expect(socket().protocols).toEqual(['tauri-ws-bridge', `token.${TOKEN}`]);
  expect(seen.join()).not.toContain(TOKEN);
});

/** Wrappers that hand on another response than the one they got. */
const WRAPPERS: [string, (response: Response) => Response][] = [
  ['a clone', (response) => response.clone()],
  ['a copy', (response) => new Response(response.body, response)],
];

test.each(WRAPPERS)('%s of a response is as good as it', async (_, copy) => {
  const { socket, window, invoke } = await openBridge();
  const below = window['fetch'] as typeof fetch;
  window['fetch'] = async (input: RequestInfo, init?: RequestInit) =>
    copy(await below(input, init));
  socket().accept();
  const calls = ['json', 'nothing', 'bytes', 'empty', 'fail'].map((cmd) =>
    invoke(cmd).catch((error: unknown) => ({ failed: error })),
  );
  await settled();
  socket().answer('json', { result: { text: 'ß😀', list: [1, null] } });
  socket().answer('nothing', { result: null });
  socket().answer('bytes', { base64: 'AQID' });
  socket().answer('empty', { base64: '' });
  socket().answer('fail', { error: 'as asked' });
  expect(await Promise.all(calls)).toEqual([
    { text: 'ß😀', list: [1, null] },
    null,
    new Uint8Array([1, 2, 3]).buffer,
    new ArrayBuffer(0),
    { failed: 'as asked' },
  ]);
});

test('a worker is told that it stands for no window', async () => {
  vi.stubGlobal('window', undefined);
  const { connectWsBridge } = await import('../ws-bridge.js');
  await expect(connectWsBridge({ token: TOKEN })).rejects.toThrow(
    'a worker stands for no window',
  );
});
