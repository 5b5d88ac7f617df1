import { expect, test } from 'vitest';
import { layoutFlame } from '../../src/lib/layoutFlame';
import { forest } from '../support/forest';

test('spans of one name and parent are one box, as wide as the time spent in them', () => {
  const names = ['load', 'read', 'read', 'parse'];
  const layout = layoutFlame(
    forest([
      [0, -1, 0, 100],
      [0, 0, 0, 20],
      [0, 0, 30, 60],
      [0, 0, 60, 70],
    ]),
    (span) => names[span] ?? '',
  );
  expect([...layout.boxOf]).toEqual([0, 1, 1, 2]);
  expect([...(layout.merged ?? [])]).toEqual([1, 2, 1]);
  expect(layout.width).toBe(100);
  // The widest first: both reads took 50.
  expect([layout.x0[1], layout.x1[1]]).toEqual([0, 50]);
  expect([layout.x0[2], layout.x1[2]]).toEqual([50, 60]);
  // A merged box stands for its longest span.
  expect(layout.span[1]).toBe(2);
});

test('the same name in another lane is another box', () => {
  const layout = layoutFlame(
    forest([
      [0, -1, 0, 10],
      [1, 0, 0, 4],
      [2, 0, 5, 9],
    ]),
    () => 'call',
  );
  expect(layout.x0.length).toBe(3);
});
