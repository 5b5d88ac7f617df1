import type { KernelConfig } from '../bindings/KernelConfig.js';
import { createKernel } from './createKernel.js';
import { createSender } from './lib/createSender.js';
import { onLast } from './lib/onLast.js';
import type { TauriWindow } from './types/tauriWindow.js';
import { wrapFetch } from './wrapFetch.js';

/**
 * Starts telemetry in this page. Does nothing outside of a tauri webview, and nothing the second time.
 */
export function start(config: KernelConfig): void {
  const tauriWindow = window as unknown as TauriWindow;
  const tauri = tauriWindow.__TAURI_INTERNALS__;
  if (!tauri || tauriWindow.__TAURI_OPENTELEMETRY__) return;

  const rawFetch = tauriWindow.fetch.bind(tauriWindow);
  const page = createKernel(config, {
    invoke: (command, args, options) => tauri.invoke(command, args, options),
    rawFetch,
    send: createSender({
      tauri,
      rawFetch,
      ipc: tauriWindow.ipc,
      transport: config.transport,
      invokeKey: config.invokeKey,
    }),
  });

  Object.defineProperty(tauriWindow, '__TAURI_OPENTELEMETRY__', {
    value: page.kernel,
  });
  wrapFetch(tauriWindow, page.startInvoke, config.transport === 'isolation');
  onLast(document, 'visibilitychange', () => {
    if (document.hidden) page.hidden();
  });
  onLast(tauriWindow, 'pagehide', page.left);
  // A page that returns from the back/forward cache just goes on.
  tauriWindow.addEventListener('pageshow', page.returned);
}
