import { listen } from '@tauri-apps/api/event';
import type { Span } from 'tauri-plugin-opentelemetry-api';

const REPLIES = 3;

/** Asks for replies, and waits for them. */
export async function requestReplies(span: Span): Promise<void> {
  let arrived: () => void;
  const all = new Promise<void>((resolve) => (arrived = resolve));
  const unlisten = await span.run(() =>
    listen<number>('reply', ({ payload }) => {
      if (payload === REPLIES) arrived();
    }),
  );
  await span.invoke('request_replies', { count: REPLIES });
  await all;
  span.run(unlisten);
}
