import { expect, test } from 'vitest';
import { INVOKE_KEY } from './support/fakeTauri.js';
import { openPage } from './support/openPage.js';

/** Everything that a page has got hold of by what it patched. */
function spy(seen: unknown[]): () => void {
  const restore: (() => void)[] = [];
  const patch = (owner: object, name: string | symbol, value: unknown) => {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, { configurable: true, value });
    restore.push(() => {
      if (before) Object.defineProperty(owner, name, before);
      else Reflect.deleteProperty(owner, name);
    });
  };
  const listen = (owner: object, name: string | symbol) => {
    Object.defineProperty(owner, name, {
      configurable: true,
      get(this: unknown) {
        seen.push(this);
        return undefined;
      },
    });
    restore.push(() => Reflect.deleteProperty(owner, name));
  };

  const { stringify } = JSON;
  patch(JSON, 'stringify', (...args: [unknown]) => {
    seen.push(...args);
    return stringify(...args);
  });
  const { apply: reflectApply } = Reflect;
  patch(Reflect, 'apply', (...args: Parameters<typeof Reflect.apply>) => {
    seen.push(...args);
    return reflectApply(...args) as unknown;
  });
  for (const name of ['call', 'apply', 'bind'] as const) {
    const native = Function.prototype[name];
    patch(Function.prototype, name, function (this: unknown, ...args: []) {
      seen.push(this, ...args);
      return reflectApply(native, this, args) as unknown;
    });
  }
  for (const name of ['concat', 'replace', 'slice'] as const) {
    const native = String.prototype[name] as (...args: never[]) => unknown;
    patch(String.prototype, name, function (this: unknown, ...args: []) {
      seen.push(String(this), ...args);
      return reflectApply(native, this, args);
    });
  }
  listen(Object.prototype, 'toJSON');
  listen(String.prototype, 'toJSON');
  // What `fetch` looks for in its second argument, and `Headers` in an object.
  for (const name of ['signal', 'mode', 'credentials', 'cache', 'redirect']) {
    listen(Object.prototype, name);
  }
  listen(Object.prototype, Symbol.iterator);
  return () => restore.reverse().forEach((undo) => undo());
}

test('a page that patches what it can sees the invoke key in no batch', async () => {
  // A `fetch` that looks for the members that a webview looks for, and no more.
  const fetched: RequestInit[] = [];
  const fetch = async (_url: string, init: RequestInit) => {
    const { signal, mode, credentials, cache, redirect, headers } = init;
    const iterator = (headers as Iterable<unknown>)[Symbol.iterator];
    void [signal, mode, credentials, cache, redirect, iterator];
    fetched[fetched.length] = init;
    return answer;
  };
  const answer = new Response('{}', { headers: { 'Tauri-Response': 'ok' } });
  const posted: string[] = [];
  const page = await openPage({
    globals: {
      fetch,
      ipc: {
        postMessage: (message: string) => {
          posted[posted.length] = message;
        },
      },
    },
  });
  const seen: unknown[] = [];
  const restore = spy(seen);
  try {
    page.telemetry.startSpan('x').end();
    await page.telemetry.flush();
    page.telemetry.startSpan('y').end();
    page.leave();
  } finally {
    restore();
  }
  // The key was there, so that the page could have seen it.
  expect(fetched).toMatchObject([
    { headers: { 'tauri-invoke-key': INVOKE_KEY } },
  ]);
  expect(posted).toEqual([expect.stringContaining(INVOKE_KEY)]);
  expect(seen.length).toBeGreaterThan(0);
  for (const value of seen) expect(keysIn(value)).toBe(false);
});

/** Whether the key is in a value, or in an object of objects. */
function keysIn(value: unknown, depth = 3): boolean {
  if (typeof value === 'string') return value.includes(INVOKE_KEY);
  if (depth === 0 || Object(value) !== value) return false;
  return Object.values(value as object).some((inner) =>
    keysIn(inner, depth - 1),
  );
}
