import type { Attributes } from '../../types/attributes.js';

/** The attributes of an `exception` event for whatever was thrown. */
export function describeError(error: unknown): Attributes {
  try {
    const thrown = Object(error) as Partial<Error>;
    return {
      'exception.type': thrown.name,
      'exception.message': thrown.message ?? String(error),
      'exception.stacktrace': thrown.stack,
    };
  } catch {
    // A getter of the error threw, or it has no text at all: the event alone must do.
    return {};
  }
}
