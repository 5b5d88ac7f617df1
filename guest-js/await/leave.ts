import { findKernel } from '../api/findKernel.js';
import type { Frame } from './frame.js';

/** Called when the function is done, however it ends. */
export function leave(frame: Frame): void {
  if (frame.hasWaited) findKernel()?.setActive(undefined);
}
