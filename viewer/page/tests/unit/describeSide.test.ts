import { expect, test } from 'vitest';
import type { Run } from '../../src/bindings/Run';
import { describeSide } from '../../src/lib/describeSide';

const run = (id: string, name: string, hour: number): Run => ({
  id,
  name,
  startedAt: new Date(2026, 10, 25, hour).getTime(),
  bytes: 0,
  spans: 0,
  pinned: false,
  current: false,
});
const now = new Date(2026, 10, 26, 12).getTime();

test('runs with one name are told apart by when they began', () => {
  const runs = [run('1', 'app', 8), run('2', 'app', 9), run('3', 'relay', 9)];
  const side = (id: string) => describeSide({ run: id }, runs, now);
  expect([side('1'), side('2'), side('3')]).toEqual([
    'app, begun yesterday 08:00:00',
    'app, begun yesterday 09:00:00',
    'relay',
  ]);
});
