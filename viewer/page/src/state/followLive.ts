import { request } from '../api/request';
import type { Status } from '../bindings/Status';
import { arrivals, connected, paused } from './live';
import { message } from './message';

/** How often the viewer is asked where it cannot tell by itself, in milliseconds. */
const PERIOD = 400;

/** How often at least while it does not answer: each time half as often as before. */
const LONGEST = 5000;

/** Why the viewer could not be asked, while it cannot. */
let trouble = '';

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
    hear();
    // Something may have come in while nobody listened.
    arrive();
  });
  source.addEventListener('stored', arrive);
  source.addEventListener('error', () => {
    // In a window of the app the page comes by a custom scheme, whose answers cannot be streamed.
    if (source.readyState === EventSource.CLOSED) void ask(end.signal);
    else connected.value = false;
  });
  return () => {
    source.close();
    end.abort();
  };
}

/** The viewer answers. The message that it did not is taken back. */
function hear(): void {
  connected.value = true;
  if (message.value === trouble) message.value = '';
  trouble = '';
}

function arrive(): void {
  if (!paused.value) arrivals.value += 1;
}

/** Asks what the viewer holds, again and again until the end. */
async function ask(end: AbortSignal): Promise<void> {
  let known = '';
  let pause = PERIOD;
  while (!end.aborted) {
    try {
      const { counts } = await request<Status>('/api/status', { signal: end });
      hear();
      const now = JSON.stringify(counts);
      if (now !== known) arrive();
      known = now;
      pause = PERIOD;
    } catch (error) {
      if (end.aborted) return;
      connected.value = false;
      // The views were refused as well, so they ask again once the viewer answers.
      known = '';
      pause = Math.min(2 * pause, LONGEST);
      const text = (error as Error).message;
      // Said once: a person who has closed it has read it.
      if (text !== trouble) message.value = trouble = text;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
