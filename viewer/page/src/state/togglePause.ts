import { arrivals, paused } from './live';

/** Pauses what comes in, or goes on with it. */
export function togglePause(): void {
  paused.value = !paused.value;
  // Something may have come in during the pause.
  if (!paused.value) arrivals.value += 1;
}
