import { findKernel } from '../api/findKernel.js';
import { Settled, type Frame } from './frame.js';

/**
 * Called with what the function is about to await: takes what is active along, and leaves nothing of it to whatever runs
 * while the function waits. Where nothing is active, the `await` is as it would be without us.
 */
export function capture<T>(frame: Frame, awaited: T): unknown {
  const kernel = findKernel();
  const context = kernel?.active();
  const outer = kernel?.setActive(undefined);
  if (!frame.hasWaited) kernel?.setActive(outer);
  const settled = context
    ? Promise.resolve(awaited).then(
        (value) => new Settled(context, true, value),
        (error: unknown) => new Settled(context, false, error),
      )
    : awaited;
  frame.hasWaited = true;
  return settled;
}
