import type { Link, ViewName } from '../types/Link';

/** A link whose parameters are those given; what is absent or empty is left out. */
export function linkTo(
  view: ViewName,
  params: Record<string, string | number | null | undefined> = {},
  id = '',
): Link {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    const text = String(value ?? '');
    if (text) search.set(name, text);
  }
  return { view, id, params: search };
}
