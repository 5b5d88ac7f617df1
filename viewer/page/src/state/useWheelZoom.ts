import type { Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { timeScale } from '../canvas/timeScale';
import { panRange } from '../lib/panRange';
import { zoomRange } from '../lib/zoomRange';
import type { Scene } from '../types/Scene';

/** Zooms a timeline with Ctrl and the wheel, and moves it with Shift or sideways; the rest scrolls. */
export function useWheelZoom(
  scroller: RefObject<HTMLElement | null>,
  scene: { readonly current: Scene | undefined },
  range: Signal<readonly [number, number]>,
): void {
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const turn = (event: WheelEvent) => {
      if (!scene.current) return;
      const { deltaX, deltaY } = event;
      // Some browsers turn the wheel sideways themselves while Shift is held. A trackpad is never moved straight down.
      const sideways = event.shiftKey
        ? deltaY || deltaX
        : Math.abs(deltaX) > Math.abs(deltaY)
          ? deltaX
          : 0;
      const { time } = timeScale(scene.current);
      const { width } = scene.current.layout;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const around = time(event.clientX - box.getBoundingClientRect().left);
        range.value = zoomRange(range.value, around, 1.0015 ** deltaY, width);
      } else if (sideways) {
        event.preventDefault();
        range.value = panRange(range.value, time(sideways) - time(0), width);
      }
    };
    // Not as an attribute: there it would be passive, and the browser would zoom the page.
    box.addEventListener('wheel', turn, { passive: false });
    return () => box.removeEventListener('wheel', turn);
  }, [range]);
}
