import type { PageLog } from '../bindings/PageLog.js';
import { addAttributes } from '../lib/addAttributes.js';
import { clip } from '../lib/clip.js';
import { describeError } from '../lib/describeError.js';
import type { Attributes } from '../types/attributes.js';
import type { SpanContextLike } from '../types/spanOptions.js';

/** What a log record of OpenTelemetry says, whoever has made it. */
interface LogContent {
  readonly severityNumber?: number | undefined;
  readonly eventName?: string | undefined;
  readonly body?: unknown;
  readonly attributes?: object | undefined;
  readonly exception?: unknown;
}

/** The severity number of `INFO`, for a record that says none: a batch has no record without. */
const INFO = 9;

/** A log record as it is sent. */
export function toPageLog(
  record: LogContent,
  time: number,
  context: SpanContextLike | undefined,
  scope: number | undefined,
): PageLog {
  const { severityNumber, eventName, body, attributes, exception } = record;
  const of = exception == null ? {} : describeError(exception);
  return {
    time,
    severity: severityNumber || INFO,
    eventName: eventName === undefined ? undefined : clip(eventName),
    body: body === undefined ? undefined : clip(toText(body)),
    attributes: addAttributes(undefined, { ...of, ...flat(attributes) }),
    traceId: context?.traceId,
    spanId: context?.spanId,
    scope,
  };
}

/** Attributes whose objects are JSON: log records may have them, what a page sends may not. */
function flat(attributes: object | undefined): Attributes {
  const flattened: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes ?? {})) {
    const isObject =
      typeof value === 'object' && value !== null && !Array.isArray(value);
    flattened[name] = isObject ? toText(value) : value;
  }
  return flattened as Attributes;
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A circle.
    return String(value);
  }
}
