import type { Span } from 'tauri-plugin-opentelemetry-api';
import type { Message } from './message';
import { showMessage } from './showMessage';

/** Shows the messages as they are now. */
export async function listMessages(span: Span): Promise<void> {
  const messages = await span.invoke<Message[]>('list_messages');
  document.querySelector('#messages')!.replaceChildren();
  messages.forEach(showMessage);
}
