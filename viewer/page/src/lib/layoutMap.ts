import type { MapEdge } from '../bindings/MapEdge';
import type { MapNode } from '../bindings/MapNode';

/** Where a node is, in columns from the caller to the called. */
export interface Place {
  readonly node: MapNode;
  readonly column: number;
  /** The number of the node in its column, and how many there are. */
  readonly index: number;
  readonly of: number;
}

/** Columns by the longest way from a node that nobody calls; what calls back, as in a circle, does not move anything. */
export function layoutMap(
  nodes: readonly MapNode[],
  edges: readonly MapEdge[],
): Place[] {
  const column = new Map<string, number>();
  const visiting = new Set<string>();
  const callers = new Map<string, string[]>();
  for (const { from, to } of edges)
    callers.set(to, [...(callers.get(to) ?? []), from]);
  const depth = (id: string): number => {
    const known = column.get(id);
    if (known !== undefined) return known;
    if (visiting.has(id)) return -1;
    visiting.add(id);
    const found = (callers.get(id) ?? []).reduce(
      (max, from) => Math.max(max, depth(from) + 1),
      0,
    );
    visiting.delete(id);
    column.set(id, found);
    return found;
  };
  const columns: MapNode[][] = [];
  for (const node of nodes) (columns[depth(node.id)] ??= []).push(node);
  return columns.flatMap((list, at) =>
    list.map((node, index) => ({ node, column: at, index, of: list.length })),
  );
}
