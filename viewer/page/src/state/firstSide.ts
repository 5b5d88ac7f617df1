import { signal } from '@preact/signals';

/** What was chosen to be compared with something else, as parameters of the API; `undefined` if nothing was. */
export const firstSide = signal<URLSearchParams | undefined>(undefined);
