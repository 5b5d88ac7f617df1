import { shortcuts } from './shortcuts';

/** Runs the shortcut of every key that is pressed, but not while somebody types. */
export function handleKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (target.closest('dialog[open]')) return;
    if (target.closest('input, select, textarea')) {
      if (event.key === 'Escape') target.blur();
      return;
    }
    // Enter and the space bar belong to the button that has the focus.
    if (
      (event.key === 'Enter' || event.key === ' ') &&
      target.closest('button, a, summary')
    )
      return;
    for (const group of [...shortcuts.value].reverse()) {
      const shortcut = group.find(({ key }) => key === event.key);
      if (!shortcut) continue;
      event.preventDefault();
      shortcut.run();
      return;
    }
  });
}
