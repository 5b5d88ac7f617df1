import { signal } from '@preact/signals';

/** Whether the viewer can be heard, and whether the user has paused what comes in. */
export const connected = signal(false);
export const paused = signal(false);
/** Grows with every event of the viewer; a view that follows it asks again. */
export const arrivals = signal(0);
