import { expect, test } from 'vitest';
import { stackBlocks } from '../../src/lib/stackBlocks';

test('a block takes the first rows that are free for all of its height', () => {
  const { tops, rows } = stackBlocks([
    { from: 0, to: 10, rows: 1 },
    { from: 0, to: 50, rows: 1 },
    { from: 0, to: 10, rows: 1 },
    { from: 0, to: 10, rows: 1 },
    { from: 20, to: 30, rows: 2 },
    { from: 22, to: 30, rows: 1 },
  ]);
  expect(tops).toEqual([0, 1, 2, 3, 2, 0]);
  expect(rows).toBe(4);
});

test('rows at the bottom that are free are continued by new ones', () => {
  const { tops, rows } = stackBlocks([
    { from: 0, to: 50, rows: 1 },
    { from: 0, to: 10, rows: 1 },
    { from: 20, to: 30, rows: 3 },
  ]);
  expect(tops).toEqual([0, 1, 1]);
  expect(rows).toBe(4);
});

test('fifty thousand blocks that run at once each get a row', () => {
  const blocks = Array.from({ length: 50_000 }, (_, index) => ({
    from: index,
    to: 1e6,
    rows: 1,
  }));
  expect(stackBlocks(blocks).rows).toBe(50_000);
});
