import { effect, signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'tracepane.theme';

/** The user's choice; `auto` follows the system. Kept by the browser. */
export const theme = signal<Theme>(read());

effect(() => {
  const choice = theme.value;
  if (choice === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = choice;
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // A browser that keeps nothing forgets the choice, no more.
  }
});

function read(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  } catch {
    return 'auto';
  }
}
