import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { theme } from './theme';

/** Calls `paint` whenever the element gets another size or the page another theme. Gives a function that paints now. */
export function usePainter(
  element: RefObject<HTMLElement | null>,
  paint: () => void,
): () => void {
  const latest = useRef(paint);
  latest.current = paint;
  const now = useRef(() => latest.current()).current;
  useEffect(() => {
    const sized = new ResizeObserver(now);
    if (element.current) sized.observe(element.current);
    // The attribute that changes the theme is set by another subscriber.
    const stop = theme.subscribe(() => queueMicrotask(now));
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', now);
    return () => {
      sized.disconnect();
      stop();
      dark.removeEventListener('change', now);
    };
  }, []);
  return now;
}
