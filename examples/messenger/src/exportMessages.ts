import { Channel } from '@tauri-apps/api/core';
import type { Span } from 'tauri-plugin-opentelemetry-api';
import type { Message } from './message';

/** Fetches all messages one by one, and waits for the last. */
export async function exportMessages(span: Span): Promise<void> {
  const exported: Message[] = [];
  let onMessage = () => {};
  const channel = new Channel<Message>((message) => {
    exported.push(message);
    onMessage();
  });
  const count = await span.invoke<number>('export_messages', { channel });
  await new Promise<void>((resolve) => {
    onMessage = () => {
      if (exported.length === count) resolve();
    };
    onMessage();
  });
}
