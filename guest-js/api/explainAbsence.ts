/** What a frame of the page may see of the window above it. */
interface TopWindow {
  readonly __TAURI_OPENTELEMETRY__?: unknown;
}

let isExplained = false;

/** Says once why there is no kernel, in the two places where nobody would expect that. */
export function explainAbsence(): undefined {
  if (isExplained) return;
  isExplained = true;
  const place =
    'WorkerGlobalScope' in globalThis
      ? 'worker'
      : isFrameOfTracedPage() && 'frame';
  if (place) {
    console.warn(
      `opentelemetry: there is no telemetry in a ${place}; make its spans in the page.`,
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
