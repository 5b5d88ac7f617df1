/** The token in a fragment such as `#token=…` or `#/logs?search=relay&token=…`. */
export function tokenOf(fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#(\/[^?]*\?)?/, '')).get(
    'token',
  );
}
