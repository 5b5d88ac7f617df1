import type { Span } from 'tauri-plugin-opentelemetry-api';

/** Gets the key of somebody, so that only they can read what is sent to them. */
export async function exchangeKeys(span: Span, name: string): Promise<void> {
  await span.invoke('exchange_keys', { name });
}
