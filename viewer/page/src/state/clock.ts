import { signal } from '@preact/signals';

/** The time in epoch milliseconds, anew each second: how long ago something was changes while nothing arrives. */
export const clock = signal(Date.now());

setInterval(() => (clock.value = Date.now()), 1000);
