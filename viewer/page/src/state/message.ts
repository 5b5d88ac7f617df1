import { signal } from '@preact/signals';

/** What the page has to say, below the header; empty for nothing. */
export const message = signal('');
