import { currentKernel } from '../api/currentKernel.js';
import { Settled, type Frame } from './frame.js';
import type { Active, Kernel } from '../kernel/types/kernel.js';
import { leave } from './leave.js';

/**
 * Called with what the function is about to await: takes what is active along, and leaves nothing of it to whatever runs
 * while the function waits. Where nothing is active, the `await` is as it would be without us.
 *
 * Every function of the app with an `await` comes here, in workers as well, so it asks for no telemetry by that.
 */
export function capture<T>(frame: Frame, awaited: T): unknown {
  const kernel = currentKernel();
  const context = kernel?.active();
  leave(frame);
  const settled = context
    ? Promise.resolve(withActive(kernel, context, awaited)).then(
        (value) => new Settled(context, true, value),
        (error: unknown) => new Settled(context, false, error),
      )
    : awaited;
  frame.hasWaited = true;
  return settled;
}

/** A query builder does its work in `then`. The engine calls that in a microtask, when nothing is active any more. */
function withActive<T>(
  kernel: Kernel | undefined,
  context: Active,
  awaited: T,
): T | PromiseLike<unknown> {
  const { then } = (awaited ?? {}) as Partial<PromiseLike<unknown>>;
  if (awaited instanceof Promise || typeof then !== 'function') return awaited;
  return {
    then: (...callbacks) => {
      const outer = kernel?.setActive(context);
      try {
        return Reflect.apply(then, awaited, callbacks) as never;
      } finally {
        kernel?.setActive(outer);
      }
    },
  };
}
