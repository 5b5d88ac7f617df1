import type { RuntimeConfig } from '../bindings/RuntimeConfig.js';
import type { InvokeArgs, InvokeOptions } from '../types/invoke.js';
import type { SpanOptions } from '../types/spanOptions.js';
import type { Attributes } from '../types/attributes.js';
import type { Span } from '../types/span.js';
import { close } from './close.js';
import { invoke } from './invoke.js';
import { compileRule } from './lib/compileRule.js';
import { createOpenSpan } from './lib/createOpenSpan.js';
import { createOutbox } from './lib/createOutbox.js';
import { sendBatch } from './lib/sendBatch.js';
import { startSpan } from './startSpan.js';
import type { Page } from './types/page.js';
import type { RuntimeTelemetry } from './types/runtimeTelemetry.js';
import type { TauriWindow } from './types/tauriWindow.js';
import { withSpan } from './withSpan.js';
import { wrapFetch } from './wrapFetch.js';

/**
 * Starts telemetry in this page. Does nothing outside of a tauri webview, and nothing the second time.
 */
export function start(config: RuntimeConfig): void {
  const tauriWindow = window as unknown as TauriWindow;
  const tauri = tauriWindow.__TAURI_INTERNALS__;
  if (!tauri || tauriWindow.__TAURI_OPENTELEMETRY__) return;

  const telemetry: RuntimeTelemetry = Object.freeze({
    enabled: true,
    startSpan: (name: string, attributes?: Attributes, options?: SpanOptions) =>
      startSpan(page, name, attributes, options),
    withSpan: <T>(
      name: string,
      attributesOrFn: Attributes | ((span: Span) => T) | undefined,
      fn?: (span: Span) => T,
    ) => withSpan(page, name, attributesOrFn, fn),
    invoke: <T>(cmd: string, args?: InvokeArgs, options?: InvokeOptions) =>
      invoke<T>(page, cmd, args, options),
    flush: () => page.outbox_.flush(),
    close: () => close(page, true),
  });
  const page: Page = {
    ratio_: config.ratio,
    rules_: config.commands.map(compileRule),
    tauri_: tauri,
    ipc_: tauriWindow.ipc,
    outbox_: createOutbox((batch) => sendBatch(page, batch)),
    open_: new Set() as Page['open_'],
    telemetry_: telemetry,
    openSpan_: (name, parent) => openSpan(name, parent),
    transport_: config.transport,
    current_: undefined,
    invokeKey_: config.invokeKey,
    leaving_: false,
  };
  const openSpan = createOpenSpan(page);

  Object.defineProperty(tauriWindow, '__TAURI_OPENTELEMETRY__', {
    value: telemetry,
  });
  if (config.transport === 'fetch') wrapFetch(page, tauriWindow);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) void page.outbox_.flush();
  });
  tauriWindow.addEventListener('pagehide', () => {
    // A page that returns from the back/forward cache just goes on.
    page.leaving_ = true;
    void close(page);
    page.leaving_ = false;
  });
}
