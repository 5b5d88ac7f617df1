import type { Span } from '../types/span.js';
import { functionOf, type WithSpanArguments } from './withSpan.js';
import { invokeTauri } from './invokeTauri.js';

/** The span of a page without telemetry: it records nothing, and every callback still runs. */
export function createNoopSpan(): Span {
  const self = (): Span => span;
  const context = Object.freeze({
    traceId: '0'.repeat(32),
    spanId: '0'.repeat(16),
    traceFlags: 0,
  });
  const span: Span = Object.freeze({
    traceparent: '',
    isRecording: () => false,
    spanContext: () => context,
    setAttribute: self,
    setAttributes: self,
    addEvent: self,
    addLink: self,
    recordException: self,
    setStatus: self,
    updateName: self,
    end() {},
    run: <T>(fn: () => T): T => fn(),
    startSpan: self,
    withSpan: <T>(_name: string, ...rest: WithSpanArguments<T>): T =>
      functionOf(rest)(span),
    invoke: invokeTauri,
  });
  return span;
}
