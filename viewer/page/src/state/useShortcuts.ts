import { useLayoutEffect, useRef } from 'preact/hooks';
import { shortcuts, type Shortcut } from './shortcuts';

/** Adds shortcuts for as long as the component is shown. */
export function useShortcuts(group: readonly Shortcut[]): void {
  const latest = useRef(group);
  latest.current = group;
  // Before anything is painted: a person who sees the view can use its keys.
  useLayoutEffect(() => {
    // The keys stay, what they do is always that of the last render.
    const mine = group.map(({ key, shown, does }, index) => ({
      key,
      ...(shown === undefined ? {} : { shown }),
      does,
      run: () => latest.current[index]?.run(),
    }));
    shortcuts.value = [...shortcuts.peek(), mine];
    return () => {
      shortcuts.value = shortcuts.peek().filter((other) => other !== mine);
    };
  }, []);
}
