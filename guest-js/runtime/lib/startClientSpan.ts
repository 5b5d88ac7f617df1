import type { LiveSpan } from '../types/liveSpan.js';
import type { Page } from '../types/page.js';
import { parseTraceparent } from './parseTraceparent.js';

// Telemetry about telemetry, and the fetch by which a page collects what a channel has sent it: Rust
// leaves out the same two (`plugin/ipc`).
const UNTRACED = /^plugin:(?:opentelemetry|__TAURI_CHANNEL__)\|/;

// After these there may be no page left to send anything.
const LAST_WORDS =
  /^plugin:(?:window\|(?:close|destroy)|webview\|webview_close|process\|(?:exit|restart))$/;

/**
 * Starts the CLIENT span of an invoke and writes it into the invoke's headers. `undefined` for a
 * command that has none, and when anything fails: the invoke must go on.
 */
export function startClientSpan(
  page: Page,
  cmd: string,
  headers: Headers,
): LiveSpan | undefined {
  try {
    const isPlugin = cmd.startsWith('plugin:');
    if (isPlugin && UNTRACED.test(cmd)) {
      // For the short form of `log_trace_span`, whose span is a child of the current one.
      if (page.current_) headers.set('traceparent', page.current_.traceparent);
      return;
    }
    if (isPlugin && LAST_WORDS.test(cmd)) void page.outbox_.flush();
    const incoming = headers.get('traceparent');
    const span = page.openSpan_(
      cmd,
      incoming
        ? parseTraceparent(incoming, headers.get('tracestate'))
        : page.current_?.context_,
      page.rules_.find((rule) => rule.pattern.test(cmd))?.ratio,
    );
    headers.set('traceparent', span.traceparent);
    const traceState = span.context_.traceState;
    if (traceState) headers.set('tracestate', traceState);
    if (span.record_) {
      span.record_.kind = 'client';
      // Written directly: two known names need none of the checks.
      span.record_.attributes = {
        'rpc.system.name': 'tauri',
        'rpc.method': cmd,
      };
    }
    return span;
  } catch {
    return;
  }
}
