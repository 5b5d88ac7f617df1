import { signal } from '@preact/signals';
import type { Status } from '../bindings/Status';

/** What the viewer says of itself and of the run that is shown. */
export const status = signal<Status | undefined>(undefined);
