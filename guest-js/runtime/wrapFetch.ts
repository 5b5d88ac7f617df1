import { endRecord } from './lib/endRecord.js';
import { now } from './lib/now.js';
import { readCommand } from './lib/readCommand.js';
import { startClientSpan } from './lib/startClientSpan.js';
import { takeHeaders } from './lib/takeHeaders.js';
import { LEAVING } from './lib/times.js';
import type { Page } from './types/page.js';

/**
 * Gives every invoke a CLIENT span, by way of `window.fetch`: tauri's `ipc-protocol.js` calls it for
 * each, while all that lies between (`__TAURI_INTERNALS__`) is non-writable. Anything else that is
 * fetched passes through after a look at its URL.
 */
export function wrapFetch(page: Page, window: { fetch: typeof fetch }): void {
  const native = window.fetch;
  // As a method, because that is what keeps the function's name through the minifier.
  window.fetch = {
    fetch(this: unknown, url: RequestInfo | URL, init?: RequestInit) {
      // tauri always passes a `Headers`, so a fetch without is not tauri's.
      const cmd = init?.headers instanceof Headers && readCommand(url);
      if (!cmd) return native.call(this, url, init);
      const headers = takeHeaders(init.headers as Headers);
      const record = startClientSpan(page, cmd, headers);
      const answer = native.call(this, url, { ...init, headers });
      // Beside the promise, which tauri gets as it is; both outcomes are handled, so this one never
      // rejects.
      answer.then(
        (response) => {
          const outcome = response.headers.get('tauri-response');
          endRecord(
            page,
            record,
            outcome === 'ok'
              ? undefined
              : { 'error.type': outcome ?? String(response.status) },
          );
        },
        (error: unknown) => {
          // tauri goes over to `postMessage` now, and stays there.
          page.transport_ = 'message';
          const name = (error as Error | null)?.name || 'error';
          const endTime = now();
          setTimeout(
            () => endRecord(page, record, { 'error.type': name }, endTime),
            LEAVING,
          );
        },
      );
      return answer;
    },
  }.fetch;
}
