import type { Span } from 'tauri-plugin-opentelemetry-api';

/** Sends a message; rejects when it cannot be delivered. */
export async function sendMessage(
  span: Span,
  to: string,
  text: string,
): Promise<void> {
  await span.invoke('send_message', { to, text });
}
