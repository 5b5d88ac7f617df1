import { currentKernel } from '../api/currentKernel.js';
import { Settled } from './frame.js';

/** Called first when the function goes on: puts back what was active, and returns or throws what the `await` would have. */
export function restore(settled: unknown): unknown {
  if (!(settled instanceof Settled)) return settled;
  currentKernel()?.setActive(settled.context);
  if (settled.isFulfilled) return settled.result;
  throw settled.result;
}
