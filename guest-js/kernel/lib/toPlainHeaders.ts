/** The names of the headers that tauri sets for each invoke. */
const OF_TAURI = [
  'content-type',
  'tauri-callback',
  'tauri-error',
  'tauri-invoke-key',
];

/**
 * All headers as a plain object, with their names in lower case. What is given is left as it was.
 *
 * WebKit reads a `Headers` by its iterator, name by name, whether `fetch` is given one or `new Headers` copies it. That
 * takes longer than everything else that the span of an invoke adds to the page; a plain object is read at once. So the
 * headers of tauri are read by name, and are removed while the iterator reads the rest, which is mostly empty.
 */
export function toPlainHeaders(
  given: HeadersInit | undefined,
): Record<string, string> {
  const headers = given instanceof Headers ? given : new Headers(given);
  const ofTauri: Record<string, string> = {};
  for (const name of OF_TAURI) {
    const value = headers.get(name);
    if (value) {
      ofTauri[name] = value;
      headers.delete(name);
    }
  }
  const all = { ...ofTauri };
  headers.forEach((value, name) => (all[name] = value));
  for (const name in ofTauri) headers.set(name, ofTauri[name] as string);
  return all;
}
