import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { describe, expect, it, test, vi } from 'vitest';
import type { Active, Kernel } from '../kernel/types/kernel.js';
import { transformAwaits } from '../vite/transformAwaits.js';
import { runTransformed } from './support/runTransformed.js';

/** A kernel in which something is active, so that every `await` takes the long way. */
function stubActive() {
  let active: Active | undefined = { spanContext: () => undefined };
  vi.stubGlobal('__TAURI_OPENTELEMETRY__', {
    version: VERSION,
    active: () => active,
    setActive(next) {
      const before = active;
      active = next;
      return before;
    },
  } as Partial<Kernel>);
}

declare const VERSION: string;

describe.each([false, true])('with something active: %s', (isActive) => {
  test.each([
    ['a value', 'async function main() { return 1 + await 2; }', 3],
    ['parentheses', 'const main = async () => (await (1, 2)) ** 2', 4],
    ['an object', 'const main = async () => ({ a: await 1 })', { a: 1 }],
    [
      'nesting',
      'const main = async () => await await (async () => await 5)()',
      5,
    ],
    ['no white space', 'const main=async()=>await[await 1,await(2)]', [1, 2]],
    [
      'comments',
      'const main = async () => /* => */ await /* ( */ (7 /* ) */) // )',
      7,
    ],
    ['a comment and a line', 'const main = async () => await // (\n 7', 7],
    [
      'a default',
      'const main = async (a = () => 1) => (await a) instanceof Function',
      true,
    ],
    [
      'a line without semicolon',
      'async function main() {\n const a = 1\n await a\n return a }',
      1,
    ],
    [
      'a directive',
      "async function main() { 'use strict'\n return await (function () { return this })() }",
      undefined,
    ],
    [
      'hoisting',
      'async function main() { await 1; return f(); function f() { return 8 } }',
      8,
    ],
    [
      'a function with the name of a variable',
      'async function main() { var f; function f() {} await 1; return typeof f }',
      'function',
    ],
    [
      'two functions of one name',
      'async function main() { function f() { return 1 } function f() { return 2 } await 1; return f() }',
      2,
    ],
    [
      'arguments',
      'const main = async function () { await 1; return arguments.length }',
      0,
    ],
    [
      'this and super',
      `class A { async a() { return 1 } } class B extends A {
      async a() { await 0; return (await super.a()) + this.b } b = 2 }
      const main = () => new B().a()`,
      3,
    ],
    ['new', 'const main = async () => new (await Map)().size', 0],
    [
      'a tagged template',
      'const main = async () => (await ((s, v) => s.raw[1] + v))`a${await 1}b`',
      'b1',
    ],
    ['optional calls', 'const main = async () => (await null)?.a', undefined],
    [
      'destructuring',
      'const main = async () => { const { a = await 1, ...b } = await { c: 2 }; return [a, b] }',
      [1, { c: 2 }],
    ],
    [
      'a loop',
      'async function main() { let n = 0; a: for (;;) { while (true) { if (await n++ > 2) break a; continue a } } return n }',
      4,
    ],
    [
      'finally',
      'async function main() { const l = []; try { return await l } finally { l.push(await 1) } }',
      [1],
    ],
    [
      'a generator',
      'async function* g() { yield await 1; yield 2 }\n async function main() { const l = []; for await (const n of g()) l.push(n); return l }',
      [1, 2],
    ],
    [
      'a synchronous generator',
      'function* g() { yield async () => await 3 }\n const main = () => g().next().value()',
      3,
    ],
    [
      'a getter that throws',
      `async function main() {
      try { await { get then() { throw 4 } } } catch (error) { return error } }`,
      4,
    ],
  ])('%s means the same', async (_, code, result) => {
    if (isActive) stubActive();
    const main = await runTransformed<() => Promise<unknown>>(code);
    expect(await main()).toEqual(result);
  });

  it('throws the very error', async () => {
    if (isActive) stubActive();
    const error = new Error('as asked');
    const main = await runTransformed<(e: Error) => Promise<void>>(
      'async function main(error) { await Promise.reject(error); }',
    );
    await expect(main(error)).rejects.toBe(error);
  });
});

test.each([
  ['no await', 'export const a = async () => 1'],
  ['an await at the top', 'await import("x"); export {}'],
  ['a generator', 'export async function* a() { await 1 }'],
  ['for await', 'export async function a(b) { await 1; for await (b of b); }'],
  ['await using', 'export async function a() { await using b = await 1; }'],
  ['a CommonJS module', 'module.exports = async () => await 1'],
])('%s leaves a module as it is', (_, code) => {
  expect(transformAwaits(code, 'a.js')).toBeUndefined();
});

it('keeps the lines, the directives and the positions', () => {
  const code = `'use client';
import { load } from './load.js';

export const read = async (id) => await load(id);
export async function main() {
  const first = await read(1); throw new Error('here');
}`;
  const { code: rewritten, map } = transformAwaits(code, 'main.js') ?? {};
  if (!rewritten || !map) throw new Error('nothing was rewritten');
  const lines = rewritten.split('\n');
  expect(lines[0]).toBe(`'use client';`);
  expect(lines).toHaveLength(code.split('\n').length + 1);

  const trace = new TraceMap(JSON.stringify(map));
  for (const text of ['load(id)', 'first =', 'read(1)', 'Error(', "'here'"]) {
    const line = lines.findIndex((one) => one.includes(text));
    const column = (lines[line] as string).indexOf(text);
    const original = originalPositionFor(trace, { line: line + 1, column });
    const found = code.split('\n')[(original.line ?? 0) - 1];
    expect(found?.slice(original.column ?? 0)).toMatch(
      new RegExp(`^${text.replace(/[()]/g, '\\$&')}`),
    );
  }
  expect(map.sources).toEqual(['main.js']);
});
