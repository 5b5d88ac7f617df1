import { request } from '../api/request';
import type { Status } from '../bindings/Status';
import { arrivals, connected, paused } from './live';

/** How often the viewer is asked where it cannot tell by itself, in milliseconds. */
const PERIOD = 400;

/** Follows the viewer while the page is seen: each tab that listens keeps one of the six connections that a browser has to a host. */
export function followLive(): void {
  let stop = () => {};
  const follow = () => {
    stop();
    stop = document.hidden ? () => {} : listen();
  };
  document.addEventListener('visibilitychange', follow);
  follow();
}

/** Listens to the viewer, and gives what ends that. The browser connects again by itself. */
function listen(): () => void {
  const source = new EventSource('/api/live');
  const end = new AbortController();
  source.addEventListener('open', () => {
    connected.value = true;
    // Something may have come in while nobody listened.
    arrive();
  });
  source.addEventListener('stored', arrive);
  source.addEventListener('error', () => {
    connected.value = false;
    // In a window of the app the page comes by a custom scheme, whose answers cannot be streamed.
    if (source.readyState === EventSource.CLOSED) void ask(end.signal);
  });
  return () => {
    source.close();
    end.abort();
  };
}

function arrive(): void {
  if (!paused.value) arrivals.value += 1;
}

/** Asks what the viewer holds, again and again until the end. */
async function ask(end: AbortSignal): Promise<void> {
  let known = '';
  while (!end.aborted) {
    try {
      const { counts } = await request<Status>('/api/status');
      connected.value = true;
      const now = JSON.stringify(counts);
      if (now !== known) arrive();
      known = now;
    } catch {
      connected.value = false;
    }
    await new Promise((resolve) => setTimeout(resolve, PERIOD));
  }
}
