import { arrivals, connected, paused } from './live';

/** Listens to the viewer for as long as the page lives. The browser connects again by itself. */
export function followLive(): void {
  const source = new EventSource('/api/live');
  source.addEventListener('open', () => {
    connected.value = true;
    // Something may have come in while nobody listened.
    arrivals.value += 1;
  });
  source.addEventListener('error', () => (connected.value = false));
  source.addEventListener('stored', () => {
    if (!paused.value) arrivals.value += 1;
  });
}
