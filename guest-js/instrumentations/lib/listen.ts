import type { Stop } from '../types/stop.js';

/** Adds a listener that is called before those of the page, and returns what removes it. */
export function listen<E extends Event>(
  target: EventTarget,
  type: string,
  listener: (event: E) => void,
): Stop {
  const handle = listener as (event: Event) => void;
  target.addEventListener(type, handle, { capture: true });
  return () => target.removeEventListener(type, handle, { capture: true });
}
