import { getCurrentWindow } from '@tauri-apps/api/window';
import type { Span } from 'tauri-plugin-opentelemetry-api';

/** Shows the title of the window, which only the window knows. */
export async function showTitle(span: Span): Promise<void> {
  const title = await span.run(() => getCurrentWindow().title());
  document.querySelector('h1')!.textContent = title;
}
