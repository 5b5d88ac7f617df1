import type { Attributes } from '../types/attributes.js';
import { MAX_STRING } from './limits.js';

/** Causes of causes that are looked at: enough for any error, and an end to a circle. */
const MAX_CAUSES = 8;

/** The attributes of an `exception` event for whatever was thrown. */
export function describeError(error: unknown): Attributes {
  try {
    const thrown = Object(error) as Partial<Error>;
    return {
      'exception.type': thrown.name,
      'exception.message': thrown.message ?? String(error),
      'exception.stacktrace': stackOf(thrown),
    };
  } catch {
    // A getter of the error threw, or it has no text at all: the event alone must do.
    return {};
  }
}

/**
 * The stack of an error and those of its causes. Each gets an equal share of what a string may have,
 * so that a long one does not push out the cause that matters.
 */
function stackOf(error: Partial<Error>): string | undefined {
  const causes = causesOf(error);
  if (!causes.length) return error.stack;
  const share = Math.floor(MAX_STRING / (causes.length + 1));
  const parts = [
    error.stack ?? String(error),
    ...causes.map((cause) => `Caused by: ${describeCause(cause)}`),
  ];
  return parts.map((part) => part.slice(0, share - 1)).join('\n');
}

function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  let cause = causeOf(error);
  while (cause != null && causes.length < MAX_CAUSES) {
    causes.push(cause);
    cause = causeOf(cause);
  }
  return causes;
}

function causeOf(error: unknown): unknown {
  return (Object(error) as { cause?: unknown }).cause;
}

/** V8 begins a stack with the name and the message, WebKit does not. */
function describeCause(cause: unknown): string {
  const text = String(cause);
  const stack = (Object(cause) as Partial<Error>).stack ?? '';
  return stack.startsWith(text) ? stack : `${text}\n${stack}`;
}
