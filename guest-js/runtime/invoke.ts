import type { InvokeArgs, InvokeOptions } from '../types/invoke.js';
import { endRecord } from './lib/endRecord.js';
import { startClientSpan } from './lib/startClientSpan.js';
import { takeHeaders } from './lib/takeHeaders.js';
import type { Page } from './types/page.js';

/**
 * `telemetry.invoke`. The span of an invoke that travels by fetch is made there, in `wrapFetch`.
 *
 * Asynchronous, as in `@tauri-apps/api`, so that headers that cannot be sent are a rejection.
 */
export async function invoke<T>(
  page: Page,
  cmd: string,
  args?: InvokeArgs,
  options?: InvokeOptions,
): Promise<T> {
  if (page.transport_ === 'fetch') {
    return page.tauri_.invoke<T>(cmd, args, options);
  }
  // A plain object, because a `Headers` does not survive JSON.
  const headers = takeHeaders(new Headers(options?.headers));
  const record = startClientSpan(page, cmd, headers);
  const answer = page.tauri_.invoke<T>(cmd, args, { ...options, headers });
  answer.then(
    () => endRecord(page, record),
    () => endRecord(page, record, { 'error.type': 'error' }),
  );
  return answer;
}
