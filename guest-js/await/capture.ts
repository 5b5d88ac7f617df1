import { currentKernel } from '../api/currentKernel.js';
import { Settled, type Frame } from './frame.js';
import { leave } from './leave.js';

/**
 * Called with what the function is about to await: takes what is active along, and leaves nothing of it to whatever runs
 * while the function waits. Where nothing is active, the `await` is as it would be without us.
 *
 * Every function of the app with an `await` comes here, in workers as well, so it asks for no telemetry by that.
 */
export function capture<T>(frame: Frame, awaited: T): unknown {
  const context = currentKernel()?.active();
  leave(frame);
  const settled = context
    ? Promise.resolve(awaited).then(
        (value) => new Settled(context, true, value),
        (error: unknown) => new Settled(context, false, error),
      )
    : awaited;
  frame.hasWaited = true;
  return settled;
}
