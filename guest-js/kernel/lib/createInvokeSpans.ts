import type { PageSpan } from '../../bindings/PageSpan.js';
import type { KernelConfig } from '../../bindings/KernelConfig.js';
import type { SpanContext } from '../../types/spanContext.js';
import type { ActiveContext } from './createActive.js';
import type { OpenSpans } from './createOpenSpans.js';
import { compileRule } from './compileRule.js';
import { formatTraceparent } from './formatTraceparent.js';
import { now } from './now.js';
import { parseTraceparent } from './parseTraceparent.js';

/** Ends the span of an invoke: as failed, when there is an `error.type`. */
export type EndInvoke = (errorType?: string, endTime?: number) => void;

/**
 * Starts the CLIENT span of an invoke and writes its context into the headers of the invoke. Never
 * throws: the invoke must go on.
 */
export type StartInvoke = (
  command: string,
  headers: Record<string, string>,
) => EndInvoke;

/** What the spans of invokes need of the rest of the kernel. */
interface Parts {
  readonly active: ActiveContext;
  readonly openSpans: OpenSpans;
  readonly rules: KernelConfig['commands'];
  /** The context of a new span. Of the traces that are sampled anyway, `share` stay sampled. */
  newContext(parent: SpanContext | undefined, share: number): SpanContext;
}

/**
 * Telemetry about telemetry, and the fetch by which a page collects what a channel has sent it, have
 * no span. Rust leaves out the same two (`plugin/ipc`).
 */
const UNTRACED = /^plugin:(?:opentelemetry|__TAURI_CHANNEL__)\|/;

/** What starts the CLIENT spans of a page's invokes. */
export function createInvokeSpans(parts: Parts): StartInvoke {
  const rules = parts.rules.map(compileRule);
  // The spans of invokes that have not been answered, by id. An invoke of `kernel.invoke` passes the
  // wrapped fetch as well, which knows by this that it has its span.
  const underWay = new Set<string>();

  return (command, headers) => {
    try {
      const { active } = parts;
      if (UNTRACED.test(command)) {
        // For the short form of `log_trace_span`, whose span is a child of the active one.
        const context = active.get()?.spanContext();
        if (context) headers.traceparent = formatTraceparent(context);
        return ignore;
      }
      const given = headers.traceparent;
      const parent = given
        ? parseTraceparent(given, headers.tracestate)
        : active.get()?.spanContext();
      if (given && parent && underWay.has(parent.spanId)) return ignore;

      const rule = rules.find(({ pattern }) => pattern.test(command));
      const context = parts.newContext(parent, rule?.ratio ?? 1);
      headers.traceparent = formatTraceparent(context);
      if (context.traceState) headers.tracestate = context.traceState;

      const { spanId } = context;
      underWay.add(spanId);
      const span = context.traceFlags && toSpan(command, context, parent);
      if (span) parts.openSpans.open(span);
      return (errorType, endTime = now()) => {
        underWay.delete(spanId);
        if (!span) return;
        if (errorType) span.attributes = { 'error.type': errorType };
        parts.openSpans.end(span, endTime);
      };
    } catch {
      return ignore;
    }
  };
}

function toSpan(
  command: string,
  context: SpanContext,
  parent: SpanContext | undefined,
): PageSpan {
  const startTime = now();
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    parentSpanId: parent?.spanId,
    traceState: context.traceState,
    name: command,
    invoke: true,
    startTime,
    endTime: startTime,
  };
}

function ignore(): void {}
