import type { MapEdge } from '../bindings/MapEdge';

/** An edge of the map as it is drawn. */
export interface Way {
  readonly edge: MapEdge;
  /** The path in SVG. */
  readonly path: string;
  /** Where its label stands. */
  readonly middle: readonly [number, number];
}

type Point = readonly [number, number];

/**
 * The ways between nodes: those of one node leave and arrive one below the other. What leads back to the left goes around below. An edge
 * whose node is missing is left out.
 */
export function layoutWays(
  edges: readonly MapEdge[],
  place: ReadonlyMap<string, Point>,
  [wide, tall]: Point,
): Way[] {
  const y = (id: string) => place.get(id)?.[1] ?? 0;
  const drawn = edges.filter(
    ({ from, to }) => place.has(from) && place.has(to),
  );
  /** How far down its node an edge is attached, among all that are attached on that side. */
  const port = (edge: MapEdge, near: 'from' | 'to', far: 'from' | 'to') => {
    const side = drawn
      .filter((other) => other[near] === edge[near])
      .sort((a, b) => y(a[far]) - y(b[far]));
    return (tall * (side.indexOf(edge) + 1)) / (side.length + 1);
  };
  return drawn.map((edge) => {
    const [fromX = 0, fromY = 0] = place.get(edge.from) ?? [];
    const [toX = 0, toY = 0] = place.get(edge.to) ?? [];
    if (toX <= fromX) {
      const [x0, y0] = [fromX + wide / 2, fromY + tall];
      const [x1, y1] = [toX + wide / 2, toY + tall + 3];
      const low = Math.max(y0, y1) + 56;
      return {
        edge,
        path: `M${x0},${y0} C${x0},${low} ${x1},${low} ${x1},${y1}`,
        middle: [(x0 + x1) / 2, low - 14],
      };
    }
    const [x0, y0] = [fromX + wide, fromY + port(edge, 'from', 'to')];
    const [x1, y1] = [toX - 3, toY + port(edge, 'to', 'from')];
    const bend = (x1 - x0) / 2;
    return {
      edge,
      path: `M${x0},${y0} C${x0 + bend},${y0} ${x1 - bend},${y1} ${x1},${y1}`,
      middle: [(x0 + x1) / 2, (y0 + y1) / 2],
    };
  });
}
