import { expect, test } from 'vitest';
import { carryRange } from '../../src/lib/carryRange';

const drawn = (start: string, width: number, merged?: Uint32Array) => ({
  trace: { startTimeUnixNano: start },
  layout: { width, ...(merged ? { merged } : {}) },
});
const before = drawn('1764000000000000500', 1000);

test('the same times are shown when an earlier span arrives', () => {
  const now = drawn('1764000000000000100', 1400);
  expect(carryRange([200, 700], before, now)).toEqual([600, 1100]);
});

test('the whole stays the whole', () => {
  const now = drawn('1764000000000000500', 5000);
  expect(carryRange([0, 1000], before, now)).toEqual([0, 5000]);
});

test('what is shown stays within a trace that has become shorter', () => {
  const now = drawn('1764000000000000500', 300);
  expect(carryRange([200, 700], before, now)).toEqual([0, 300]);
});

test('a flame graph keeps its own place, and gives it to no other layout', () => {
  const boxes = new Uint32Array(1);
  const flame = drawn('1764000000000000500', 1000, boxes);
  const grown = drawn('1764000000000000100', 1400, boxes);
  expect(carryRange([200, 700], flame, grown)).toEqual([200, 700]);
  expect(carryRange([200, 700], flame, before)).toEqual([0, 1000]);
  expect(carryRange([200, 700], before, flame)).toEqual([0, 1000]);
});
