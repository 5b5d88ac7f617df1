import { expect, test } from 'vitest';
import { layoutLanes } from '../../src/lib/layoutLanes';
import type { Layout } from '../../src/types/Layout';
import { random } from '../support/random.mjs';
import { forest, type Row } from '../support/forest';

/** Boxes of one row never overlap, and each box is in the row that it names. */
function expectRows({ rows, row, x0, x1 }: Layout) {
  rows.forEach((boxes, index) => {
    let end = -Infinity;
    for (const box of boxes) {
      expect(row[box]).toBe(index);
      expect(x0[box]).toBeGreaterThanOrEqual(end);
      end = x1[box] as number;
    }
  });
  expect(rows.flat().length).toBe(x0.length);
}

test('a child of the same lane is below its parent, one of another lane begins at the top of its own', () => {
  const layout = layoutLanes(
    forest([
      [0, -1, 0, 100],
      [0, 0, 10, 90],
      [1, 1, 20, 80],
      [1, 2, 30, 70],
    ]),
    ['page', 'core'],
  );
  expect([...layout.row]).toEqual([0, 1, 2, 3]);
  expect(layout.bands).toEqual([
    { title: 'page', lane: 0, top: 0, rows: 2 },
    { title: 'core', lane: 1, top: 2, rows: 2 },
  ]);
  expectRows(layout);
});

test('calls that follow each other share their rows, calls that run at once are stacked with all they called', () => {
  const layout = layoutLanes(
    forest([
      [0, -1, 0, 50],
      [0, 0, 10, 40],
      [0, -1, 20, 60],
      [0, 2, 25, 55],
      [0, -1, 70, 90],
    ]),
    ['core'],
  );
  expect([...layout.row]).toEqual([0, 1, 2, 3, 0]);
  expectRows(layout);
});

test('a lane without spans takes no room', () => {
  const layout = layoutLanes(forest([[1, -1, 0, 1]]), ['page', 'core']);
  expect(layout.bands).toEqual([{ title: 'core', lane: 1, top: 0, rows: 1 }]);
});

test('spans without a duration at one time are boxes side by side, not on top of each other', () => {
  const layout = layoutLanes(
    forest([
      [0, -1, 5, 5],
      [0, -1, 5, 5],
    ]),
    ['core'],
  );
  expect([...layout.row]).toEqual([0, 1]);
});

test('the ways of an invoke are boxes of their lane that stand for the span', () => {
  const layout = layoutLanes(
    forest([[0, -1, 0, 100]]),
    ['page', 'ipc'],
    [
      { lane: 1, span: 0, from: 5, to: 10, response: false },
      { lane: 1, span: 0, from: 80, to: 100, response: true },
    ],
  );
  expect([...layout.row]).toEqual([0, 1, 1]);
  expect([...layout.span]).toEqual([0, 0, 0]);
  expect([...layout.kind]).toEqual([0, 1, 2]);
});

test('a child whose clock is ahead of its parent stays in the rows below it', () => {
  const layout = layoutLanes(
    forest([
      [0, -1, 10, 20],
      [0, 0, 2, 25],
      [0, -1, 22, 30],
    ]),
    ['core'],
  );
  expect([...layout.row]).toEqual([0, 1, 2]);
  expectRows(layout);
});

test('boxes of a row never overlap in five thousand random spans', () => {
  const next = random(4);
  const rows: Row[] = [];
  for (let index = 0; index < 5000; index += 1) {
    const parent = Math.floor(next() * index);
    const start = next() * 1e6;
    rows.push([
      Math.floor(next() * 4),
      index === 0 || next() < 0.1 ? -1 : parent,
      start,
      start + next() ** 4 * 1e5,
    ]);
  }
  expectRows(layoutLanes(forest(rows), ['a', 'b', 'c', 'd']));
});
