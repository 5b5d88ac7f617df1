import { currentKernel } from '../api/currentKernel.js';
import type { Frame } from './frame.js';

/** Called when the function is done, however it ends. */
export function leave(frame: Frame): void {
  if (frame.hasWaited) currentKernel()?.setActive(undefined);
}
