import { listen } from '@tauri-apps/api/event';
import type { Span } from 'tauri-plugin-opentelemetry-api';
import type { Message } from './message';
import { showMessage } from './showMessage';

/** Introduces the user of this desktop, and shows from then on what others write. */
export async function onboard(span: Span, name: string): Promise<void> {
  await span.run(() =>
    listen<Message>('received', ({ payload }) => showMessage(payload)),
  );
  await span.invoke('onboard', { name });
}
