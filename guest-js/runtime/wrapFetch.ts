import { endRecord } from './lib/endRecord.js';
import { now } from './lib/now.js';
import { readCommand } from './lib/readCommand.js';
import { startClientSpan } from './lib/startClientSpan.js';
import type { Page } from './types/page.js';

// A page that is being left has its fetches rejected when the navigation begins, and `pagehide` follows
// when the new page has answered. What runs in Rust goes on meanwhile: such a span is not failed but
// unfinished, and `close` says so unless the page is still here after this time.
const LEAVING_MS = 1000;

/**
 * Gives every invoke a CLIENT span, by way of `window.fetch`: tauri's `ipc-protocol.js` calls it for
 * each, while all that lies between (`__TAURI_INTERNALS__`) is non-writable. Anything else that is
 * fetched passes through after a look at its URL.
 */
export function wrapFetch(page: Page, window: { fetch: typeof fetch }): void {
  const native = window.fetch;
  // As a method, because that is what keeps the function's name through the minifier.
  window.fetch = {
    fetch(this: unknown, ...args: Parameters<typeof fetch>) {
      const cmd = readCommand(args[0]);
      const headers = args[1]?.headers;
      // tauri always passes a `Headers`. A fetch without is not tauri's, and would not be changed by
      // writing to a copy.
      if (!cmd || !(headers instanceof Headers)) {
        return native.apply(this, args);
      }
      const record = startClientSpan(page, cmd, headers);
      const answer = native.apply(this, args);
      // Beside the promise, which tauri gets as it is; both outcomes are handled, so this one never
      // rejects.
      answer.then(
        (response) => {
          const outcome = response.headers.get('Tauri-Response');
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
          const name = (Object(error) as Error).name || 'error';
          const endTime = now();
          setTimeout(
            () => endRecord(page, record, { 'error.type': name }, endTime),
            LEAVING_MS,
          );
        },
      );
      return answer;
    },
  }.fetch;
}
