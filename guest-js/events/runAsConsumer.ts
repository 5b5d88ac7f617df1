import { telemetry } from '../telemetry.js';
import type { SpanContext } from '../types/spanContext.js';

/** Runs a handler inside a CONSUMER span below `parent`, or as it is when there is none. */
export function runAsConsumer(
  destination: string,
  parent: SpanContext | undefined,
  handler: () => unknown,
): void {
  if (!parent) {
    handler();
    return;
  }
  const result = telemetry.withSpan(
    `process ${destination}`,
    {
      'messaging.system': 'tauri',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': destination,
    },
    { kind: 'consumer', parent },
    handler,
  );
  // The span listens to the promise of an asynchronous handler, which thereby counts as handled. This one does not, so
  // that the browser reports a rejection as it would without us.
  if (result instanceof Promise) void result.then();
}
