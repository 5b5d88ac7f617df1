import type { Attributes } from '../types/attributes.js';
import type { Invoke } from '../types/invoke.js';
import type { Span } from '../types/span.js';
import type { Telemetry } from '../types/telemetry.js';

/** A telemetry that records nothing: every call is free, and every callback still runs. */
export function createNoopTelemetry(): Telemetry {
  // Asynchronous, so that a missing webview is a rejection, as in `@tauri-apps/api`.
  const invoke: Invoke = async (cmd, args, options) =>
    (
      window as unknown as { __TAURI_INTERNALS__: { invoke: Invoke } }
    ).__TAURI_INTERNALS__.invoke(cmd, args, options);

  const withSpan = <T>(
    _name: string,
    attributesOrFn: Attributes | ((span: Span) => T) | undefined,
    fn = attributesOrFn as (span: Span) => T,
  ): T => fn(span);

  const self = (): Span => span;

  const context = Object.freeze({
    traceId: '0'.repeat(32),
    spanId: '0'.repeat(16),
    traceFlags: 0,
  });

  const span = Object.freeze({
    traceparent: '',
    isRecording: () => false,
    spanContext: () => context,
    setAttribute: self,
    setAttributes: self,
    addEvent: self,
    recordException: self,
    setStatus: self,
    updateName: self,
    end() {},
    run: <T>(fn: () => T): T => fn(),
    withSpan,
    invoke,
  }) as Span;

  return Object.freeze({
    enabled: false,
    startSpan: self,
    withSpan,
    invoke,
    flush: () => Promise.resolve(),
  });
}
