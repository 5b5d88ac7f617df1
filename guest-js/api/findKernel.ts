import type { Kernel } from '../kernel/types/kernel.js';
import { currentKernel } from './currentKernel.js';
import { explainAbsence } from './explainAbsence.js';

/** The kernel, for code that wants to record something. The first call that finds none says why, where that is a mistake. */
export function findKernel(): Kernel | undefined {
  return currentKernel() ?? explainAbsence();
}
