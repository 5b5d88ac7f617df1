import type { PageSpan } from '../../bindings/PageSpan.js';
import type { Page } from '../types/page.js';
import { formatTraceparent } from './formatTraceparent.js';
import { newContext } from './newContext.js';
import { openRecord } from './openRecord.js';
import { parseTraceparent } from './parseTraceparent.js';

// What the first group finds has no span: telemetry about telemetry, and the fetch by which a page
// collects what a channel has sent it. Rust leaves out the same two (`plugin/ipc`). After the others there
// may be no page left to send anything.
const SPECIAL =
  /^plugin:(?:(opentelemetry|__TAURI_CHANNEL__)\||(?:window|webview|process)\|(?:close|destroy|webview_close|exit|restart)$)/;

/**
 * Starts the CLIENT span of an invoke and writes it into the invoke's headers. `undefined` for a
 * command that has none, and when anything fails: the invoke must go on.
 */
export function startClientSpan(
  page: Page,
  cmd: string,
  headers: Record<string, string>,
): PageSpan | undefined {
  try {
    const special = SPECIAL.exec(cmd);
    if (special?.[1]) {
      // For the short form of `log_trace_span`, whose span is a child of the current one.
      if (page.current_) headers.traceparent = page.current_.traceparent;
      return;
    }
    if (special) void page.outbox_.flush();
    const incoming = headers.traceparent;
    const parent = incoming
      ? parseTraceparent(incoming, headers.tracestate)
      : page.current_?.context_;
    const context = newContext(
      page,
      parent,
      page.rules_.find((rule) => rule.pattern.test(cmd))?.ratio,
    );
    headers.traceparent = formatTraceparent(context);
    if (context.traceState) headers.tracestate = context.traceState;
    return openRecord(page, context, parent, cmd, true);
  } catch {
    return;
  }
}
