import type { Forest } from '../types/Forest';

/** The most children that are connected with their parent: more lines than that are a blot. */
const MAX_CHILDREN = 60;

/** The ways from the root to a span and on to its children, as pairs of parent and child. */
export function relatedTo(
  { parent, children }: Forest,
  span: number,
): [number, number][] {
  const pairs: [number, number][] = [];
  let below = span;
  for (
    let above = parent[span] ?? -1;
    above >= 0;
    above = parent[above] ?? -1
  ) {
    pairs.push([above, below]);
    below = above;
  }
  for (const child of (children[span] ?? []).slice(0, MAX_CHILDREN))
    pairs.push([span, child]);
  return pairs;
}
