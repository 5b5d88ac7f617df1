/**
 * The part of a span that travels to other processes.
 *
 * @example
 * ```ts
 * const { traceId } = span.spanContext();
 * showToUser(`Please quote ${traceId} when you report this.`);
 * ```
 */
export interface SpanContext {
  /** 32 lower-case hex digits, the same for every span of a trace. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** 1 when the trace is recorded, 0 when sampling left it out. */
  readonly traceFlags: number;
  /** The W3C `tracestate` of the trace, when it has one. */
  readonly traceState?: string | undefined;
}
