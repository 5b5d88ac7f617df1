import type { Kernel } from '../../kernel/types/kernel.js';
import { addAttributes } from '../../lib/addAttributes.js';
import { clip } from '../../lib/clip.js';
import type { Attributes } from '../../types/attributes.js';
import type { SpanContext } from '../../types/spanContext.js';
import { INFO } from './severity.js';

/** What an event has beside its name and its attributes. */
interface EventOptions {
  readonly severity?: number;
  readonly body?: string;
  /** When it happened. Default: now. */
  readonly time?: number;
  /** The span it belongs to. */
  readonly context?: SpanContext | undefined;
}

/** Records an event: a log record with a name, as the semantic conventions for browsers ask. */
export function emitEvent(
  kernel: Kernel,
  eventName: string,
  attributes: Attributes,
  { severity = INFO, body, time = kernel.now(), context }: EventOptions = {},
): void {
  kernel.emit('logs', {
    time,
    severity,
    eventName,
    body: body && clip(body),
    attributes: addAttributes(undefined, attributes),
    traceId: context?.traceId,
    spanId: context?.spanId,
  });
}
