import { request } from '../api/request';
import type { Status } from '../bindings/Status';
import { arrivals, connected, paused } from './live';

/** How often the viewer is asked where it cannot tell by itself, in milliseconds. */
const PERIOD = 400;

/** Listens to the viewer for as long as the page lives. The browser connects again by itself. */
export function followLive(): void {
  const source = new EventSource('/api/live');
  source.addEventListener('open', () => {
    connected.value = true;
    // Something may have come in while nobody listened.
    arrive();
  });
  source.addEventListener('stored', arrive);
  source.addEventListener('error', () => {
    connected.value = false;
    // In a window of the app the page comes by a custom scheme, whose answers cannot be streamed.
    if (source.readyState === EventSource.CLOSED) void ask('');
  });
}

function arrive(): void {
  if (!paused.value) arrivals.value += 1;
}

/** Asks what the viewer holds, again and again; `before` is what it held last. */
async function ask(before: string): Promise<void> {
  let now = before;
  try {
    const { counts } = await request<Status>('/api/status');
    now = JSON.stringify(counts);
    connected.value = true;
    if (now !== before) arrive();
  } catch {
    connected.value = false;
  }
  setTimeout(() => void ask(now), PERIOD);
}
