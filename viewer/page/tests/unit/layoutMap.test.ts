import { expect, test } from 'vitest';
import type { MapEdge } from '../../src/bindings/MapEdge';
import { layoutMap } from '../../src/lib/layoutMap';
import { layoutWays } from '../../src/lib/layoutWays';

const node = (id: string) => ({
  id,
  kind: 'core' as const,
  label: id,
  service: id,
  spans: 1,
  errors: 0,
});
const edge = (from: string, to: string): MapEdge => ({
  from,
  to,
  calls: 1,
  errors: 0,
  p50: 1,
  p95: 1,
});

test('who is called is right of who calls', () => {
  const places = layoutMap(['relay', 'core', 'main', 'settings'].map(node), [
    edge('main', 'core'),
    edge('settings', 'core'),
    edge('core', 'relay'),
  ]);
  const column = Object.fromEntries(
    places.map(({ node, column }) => [node.id, column]),
  );
  expect(column).toEqual({ main: 0, settings: 0, core: 1, relay: 2 });
});

test('services that call each other in a circle have a place', () => {
  const places = layoutMap(['a', 'b'].map(node), [
    edge('a', 'b'),
    edge('b', 'a'),
  ]);
  expect(places.length).toBe(2);
});

test('an edge to a node that is not there is left out', () => {
  const place = new Map([['a', [0, 0] as const]]);
  expect(layoutWays([edge('a', 'b')], place, [100, 50])).toEqual([]);
});

test('edges into one node arrive one below the other', () => {
  const place = new Map([
    ['a', [0, 0] as const],
    ['b', [0, 100] as const],
    ['c', [300, 50] as const],
  ]);
  const ends = layoutWays(
    [edge('b', 'c'), edge('a', 'c')],
    place,
    [100, 60],
  ).map(({ path }) => Number(path.split(',').at(-1)));
  expect(ends).toEqual([90, 70]);
});
