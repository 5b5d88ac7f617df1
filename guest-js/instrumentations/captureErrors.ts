import { findKernel } from '../api/findKernel.js';
import { isFirstReport } from '../api/isFirstReport.js';
import { describeError } from '../lib/describeError.js';
import { isError } from '../lib/isError.js';
import type { Attributes } from '../types/attributes.js';
import { createRateLimit, type RateLimit } from './lib/createRateLimit.js';
import { doNothing } from './lib/doNothing.js';
import { emitEvent } from './lib/emitEvent.js';
import { listen } from './lib/listen.js';
import { pageUrl } from './lib/pageUrl.js';
import { ERROR } from './lib/severity.js';
import type { Stop } from './types/stop.js';

/** For so many milliseconds after an error was recorded, equal errors are only counted: a loop that fails is one problem. */
const REPEAT_PERIOD = 10_000;

/** Different errors that are remembered, to bound the memory. An error that was forgotten may be recorded again. */
const MAX_REMEMBERED = 64;

/**
 * Records uncaught errors and unhandled rejections as events `exception`, with the current trace.
 *
 * An event has the type, the message and the stack of the error and its causes, and the position: URL of the script,
 * line and column, which is what a lookup in a source map needs. An error that a span has recorded is not recorded
 * again. Of errors with the same text and stack one is recorded in 10 seconds; `exception.repeated` counts the others
 * since the last. A thrown value that is not an `Error` is reported without the value, which may be an error
 * value of a command.
 *
 * The window needs the permission `opentelemetry:allow-page-logs`.
 *
 * @example
 * ```ts
 * import { captureErrors } from 'tauri-plugin-opentelemetry-api/instrumentations';
 *
 * captureErrors();
 * ```
 */
export function captureErrors(): Stop {
  const found = findKernel();
  if (!found) return doNothing;
  const kernel = found;
  const limits = new Map<string, RateLimit>();

  function record(thrown: unknown, attributes: Attributes): void {
    if (!isFirstReport(kernel, thrown)) return;
    const key = [
      attributes['exception.message'],
      attributes['exception.stacktrace'],
      attributes['code.line.number'],
    ].join('\n');
    const repeated = limitOf(key).pass();
    if (repeated === undefined) return;
    if (repeated) attributes['exception.repeated'] = repeated;
    const context = kernel.active()?.spanContext();
    emitEvent(kernel, 'exception', attributes, { severity: ERROR, context });
  }

  function limitOf(key: string): RateLimit {
    let limit = limits.get(key);
    if (!limit) {
      const [oldest] = limits.keys();
      if (limits.size === MAX_REMEMBERED && oldest !== undefined)
        limits.delete(oldest);
      limit = createRateLimit(1, REPEAT_PERIOD, kernel.now);
      limits.set(key, limit);
    }
    return limit;
  }

  const stopErrors = listen<ErrorEvent>(window, 'error', (event) => {
    // The same type of event, without a message, tells of an image or a script that cannot be loaded.
    if (!('message' in event)) return;
    const { error, message, filename, lineno, colno } = event;
    record(error, {
      // A script of another origin has no error, and a message that says nothing.
      ...(error == null
        ? { 'exception.type': 'Error', 'exception.message': message }
        : describe(error)),
      'code.file.path': filename ? pageUrl(filename) : undefined,
      'code.line.number': lineno || undefined,
      'code.column.number': colno || undefined,
    });
  });
  const stopRejections = listen<PromiseRejectionEvent>(
    window,
    'unhandledrejection',
    ({ reason }) => record(reason, describe(reason)),
  );
  return () => {
    stopErrors();
    stopRejections();
  };
}

function describe(thrown: unknown): Attributes {
  return isError(thrown)
    ? describeError(thrown)
    : {
        'exception.type': typeof thrown,
        'exception.message': 'the thrown value is not an Error',
      };
}
