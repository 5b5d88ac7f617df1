import { useCallback } from 'react';
import { telemetry } from 'tauri-plugin-opentelemetry-api';

/**
 * An event handler that runs `action` inside a span. The plugin for Vite keeps the span active after each `await`, so the
 * action calls commands as if there was no telemetry. `fail` gets what the action throws.
 */
export function useAction(
  name: string,
  action: () => Promise<void>,
  fail: (error: unknown) => void,
): () => void {
  return useCallback(() => {
    telemetry.withSpan(name, action).catch(fail);
  }, [name, action, fail]);
}
