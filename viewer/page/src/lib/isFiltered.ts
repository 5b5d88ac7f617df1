/** Whether a link asks for a part of what there is, by these parameters or by its time window. */
export function isFiltered(
  params: URLSearchParams,
  names: readonly string[],
): boolean {
  return ['start', 'end', 'last', ...names].some((name) => params.get(name));
}
