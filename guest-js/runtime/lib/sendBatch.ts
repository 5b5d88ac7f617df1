import type { PageBatch } from '../../bindings/PageBatch.js';
import type { Page } from '../types/page.js';

/** The command of the plugin that takes a `PageBatch`. */
const COMMAND = 'plugin:opentelemetry|log_trace_span';

/**
 * Sends a batch as an invoke: by fetch as bytes, which Rust decodes once, into its own types; by
 * `postMessage` as it is, because there bytes would become a JSON array of numbers.
 *
 * While the page is being left a fetch would be lost: it needs a CORS preflight first, which a
 * vanishing page never finishes. So the batch then goes below tauri's invoke, the way of tauri's own
 * `postMessage` fallback. Nobody waits for the answer: 0 is no callback.
 */
export async function sendBatch(page: Page, batch: PageBatch): Promise<void> {
  if (page.leaving_ && page.ipc_) {
    page.ipc_.postMessage(
      JSON.stringify({
        cmd: COMMAND,
        callback: 0,
        error: 0,
        payload: batch,
        __TAURI_INVOKE_KEY__: page.invokeKey_,
      }),
    );
  } else {
    await page.tauri_.invoke(
      COMMAND,
      page.transport_ === 'fetch'
        ? new TextEncoder().encode(JSON.stringify(batch))
        : batch,
    );
  }
}
