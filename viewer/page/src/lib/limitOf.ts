/** The most rows that the API gives at once. */
export const MOST = 1000;

/** How many rows of a list are asked for: as many as the link says, or `usual`. */
export function limitOf(params: URLSearchParams, usual: number): number {
  return Math.min(Number(params.get('limit')) || usual, MOST);
}
