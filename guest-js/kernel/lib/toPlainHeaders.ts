/**
 * All headers as a plain object, with their names in lower case. What is given is left as it was.
 *
 * A webview reads a `Headers` that is given to `fetch` by its iterator, name by name, which takes longer than all
 * else that the span of an invoke adds to the page. A plain object is read at once. So those that tauri always sets
 * are asked for by name; what is left, and mostly nothing is, is iterated over.
 */
export function toPlainHeaders(
  given: HeadersInit | undefined,
): Record<string, string> {
  const headers = new Headers(given);
  const taken: Record<string, string> = {};
  for (const name of [
    'content-type',
    'tauri-callback',
    'tauri-error',
    'tauri-invoke-key',
  ]) {
    const value = headers.get(name);
    if (value) {
      taken[name] = value;
      headers.delete(name);
    }
  }
  headers.forEach((value, name) => (taken[name] = value));
  return taken;
}
