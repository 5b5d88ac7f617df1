const reported = new WeakSet<object>();

/**
 * Whether nothing has recorded this error yet. An error that passes through several spans is one
 * exception, at the innermost of them.
 */
export function isFirstReport(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true;
  if (reported.has(error)) return false;
  reported.add(error);
  return true;
}
