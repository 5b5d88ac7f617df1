import type { Forest } from '../types/Forest';

/** The spans in the order in which a tree is read, each after its parent, and how deep each is below its root. */
export function preorder({ count, roots, children }: Forest): {
  order: number[];
  depth: Int32Array;
} {
  const order: number[] = [];
  const depth = new Int32Array(count);
  // A stack of our own: a chain of 50 000 spans is deeper than the one of the engine.
  const stack = [...roots].reverse();
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    order.push(span);
    const below = children[span] ?? [];
    for (let index = below.length - 1; index >= 0; index -= 1) {
      const child = below[index] as number;
      depth[child] = (depth[span] ?? 0) + 1;
      stack.push(child);
    }
  }
  return { order, depth };
}
