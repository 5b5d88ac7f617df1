import type { Link } from '../types/Link';

/** The link with other parameters: an empty or `undefined` value removes the parameter, a list repeats it. */
export function withParams(
  link: Link,
  changes: Record<string, string | readonly string[] | undefined>,
): Link {
  const params = new URLSearchParams(link.params);
  for (const [name, value] of Object.entries(changes)) {
    params.delete(name);
    for (const text of typeof value === 'string' ? [value] : (value ?? []))
      if (text) params.append(name, text);
  }
  return { ...link, params };
}
