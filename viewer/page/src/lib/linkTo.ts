import type { Link, ViewName } from '../types/Link';

/** A link whose parameters are those given; what is `undefined` or empty is left out. */
export function linkTo(
  view: ViewName,
  params: Record<string, string | number | undefined> = {},
  id = '',
): Link {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    if (value !== undefined && value !== '') search.set(name, String(value));
  return { view, id, params: search };
}
