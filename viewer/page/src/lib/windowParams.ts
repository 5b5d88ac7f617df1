/** The run and the time window of a link, which another view of the same is asked for with. */
export function windowParams(
  params: URLSearchParams,
): Record<string, string | null> {
  return Object.fromEntries(
    ['run', 'start', 'end', 'last'].map((name) => [name, params.get(name)]),
  );
}
