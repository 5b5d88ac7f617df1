import type { Kernel } from '../kernel/types/kernel.js';

/**
 * Whether nothing in this page has recorded this error yet. An error that passes through several spans is one
 * exception, at the innermost of them.
 */
export function isFirstReport({ reported }: Kernel, error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true;
  if (reported.has(error)) return false;
  reported.add(error);
  return true;
}
