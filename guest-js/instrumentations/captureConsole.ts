import { findKernel } from '../api/findKernel.js';
import { describeError } from '../lib/describeError.js';
import { isError } from '../lib/isError.js';
import { MAX_STRING } from '../lib/limits.js';
import { tagOf } from '../lib/tagOf.js';
import { createRateLimit } from './lib/createRateLimit.js';
import { doNothing } from './lib/doNothing.js';
import { emitEvent } from './lib/emitEvent.js';
import { DEBUG, ERROR, INFO, WARN } from './lib/severity.js';
import { stopAll } from './lib/stopAll.js';
import { wrapMethod } from './lib/wrapMethod.js';
import type { Stop } from './types/stop.js';

/** The methods that are recorded, and the severity of their lines. */
const SEVERITIES = {
  debug: DEBUG,
  log: INFO,
  info: INFO,
  warn: WARN,
  error: ERROR,
} as const;

/** Lines in one second. A loop that writes more would push the spans of the page out of its queue. */
const MAX_LINES = 200;
const PERIOD = 1000;

/** The prefix of each line that the plugin itself writes to the console. */
const OURS = 'opentelemetry: ';

/**
 * What `captureConsole` leaves to defaults.
 *
 * @example
 * ```ts
 * captureConsole({ level: 'error' });
 * ```
 */
export interface CaptureConsoleOptions {
  /** The lowest level that is recorded. `log` counts as `info`. Default: `warn`. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
}

/**
 * Records what the page writes to its console as events `browser.console`, with the current trace.
 *
 * Texts, numbers and booleans are recorded as they are, an error with its stack, any other object only by its type:
 * it could hold anything. In each second 200 lines are recorded; `browser.console.dropped` of the next counts the
 * others. What the plugin itself writes is not recorded.
 *
 * The window needs the permission `opentelemetry:allow-page-logs`.
 *
 * @example
 * ```ts
 * import { captureConsole } from 'tauri-plugin-opentelemetry-api/instrumentations';
 *
 * captureConsole({ level: 'info' });
 * ```
 */
export function captureConsole({
  level = 'warn',
}: CaptureConsoleOptions = {}): Stop {
  const found = findKernel();
  if (!found) return doNothing;
  const kernel = found;
  const limit = createRateLimit(MAX_LINES, PERIOD, kernel.now);
  // To describe an argument may call its code, which may write to the console itself.
  let isRecording = false;

  function record(method: keyof typeof SEVERITIES, args: unknown[]): void {
    const [first] = args;
    if (isRecording || (typeof first === 'string' && first.startsWith(OURS))) {
      return;
    }
    const dropped = limit.pass();
    if (dropped === undefined) return;
    isRecording = true;
    try {
      const error = args.find(isError);
      emitEvent(
        kernel,
        'browser.console',
        {
          'browser.console.method': method,
          'browser.console.dropped': dropped || undefined,
          ...(error && describeError(error)),
        },
        {
          severity: SEVERITIES[method],
          body: toText(args),
          context: kernel.active()?.spanContext(),
        },
      );
    } catch {
      // An argument threw while it was described. The line is on the console; only its record is missing.
    } finally {
      isRecording = false;
    }
  }

  const methods = Object.keys(SEVERITIES) as (keyof typeof SEVERITIES)[];
  const stops = methods
    .filter((method) => SEVERITIES[method] >= SEVERITIES[level])
    .map((method) =>
      wrapMethod(console, method, (write, args) => {
        write(...args);
        record(method, args);
      }),
    );
  return stopAll(stops);
}

/** A line as text. No more of it is looked at than is kept. */
function toText(args: readonly unknown[]): string {
  let text = '';
  for (const arg of args) {
    if (text.length > MAX_STRING) break;
    text += (text && ' ') + describe(arg);
  }
  return text;
}

function describe(value: unknown): string {
  if (isError(value)) return `${value.name}: ${value.message}`;
  return typeof value === 'object' || typeof value === 'function'
    ? tagOf(value)
    : String(value);
}
