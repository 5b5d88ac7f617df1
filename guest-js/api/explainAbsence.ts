/** What a frame of the page may see of the window above it. */
interface TopWindow {
  readonly __TAURI_OPENTELEMETRY__?: unknown;
}

/** Says why there is no kernel, in the two places where nobody would expect that. */
export function explainAbsence(): void {
  if ('WorkerGlobalScope' in globalThis) {
    console.warn(
      'opentelemetry: there is no telemetry in a worker; make its spans in the page. Every call here does nothing.',
    );
  } else if (isFrameOfTracedPage()) {
    console.warn(
      'opentelemetry: there is no telemetry in a frame; make its spans in the page around it. Every call here does nothing.',
    );
  }
}

function isFrameOfTracedPage(): boolean {
  try {
    const { top } = globalThis as { top?: TopWindow };
    return top !== globalThis && top?.__TAURI_OPENTELEMETRY__ !== undefined;
  } catch {
    // The window above is of another origin.
    return false;
  }
}
