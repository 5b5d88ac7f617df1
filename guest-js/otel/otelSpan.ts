import {
  createTraceState,
  SpanStatusCode,
  type Exception,
  type Link,
  type Span as OtelSpanApi,
  type SpanContext as OtelSpanContext,
  type SpanStatus,
  type TimeInput,
} from '@opentelemetry/api';
import type { Attributes, AttributeValue } from '../types/attributes.js';
import type { Span } from '../types/span.js';
import type { SpanContext } from '../types/spanContext.js';
import { readTime } from './readTime.js';

/** A span of ours as `@opentelemetry/api` has spans. */
export class OtelSpan implements OtelSpanApi {
  private isOk = false;

  constructor(readonly span: Span) {}

  spanContext(): OtelSpanContext {
    return toOtelContext(this.span.spanContext());
  }

  setAttribute(key: string, value: unknown): this {
    this.span.setAttribute(key, value as AttributeValue);
    return this;
  }

  setAttributes(attributes: object): this {
    this.span.setAttributes(attributes as Attributes);
    return this;
  }

  addEvent(
    name: string,
    attributesOrTime?: object | TimeInput,
    time?: TimeInput,
  ): this {
    if (isTime(attributesOrTime)) {
      this.span.addEvent(name, undefined, readTime(attributesOrTime));
    } else {
      this.span.addEvent(name, attributesOrTime as Attributes, readTime(time));
    }
    return this;
  }

  addLink(link: Link): this {
    this.span.addLink(link as Parameters<Span['addLink']>[0]);
    return this;
  }

  addLinks(links: Link[]): this {
    links.forEach((link) => this.addLink(link));
    return this;
  }

  /** By the rules of the API: `UNSET` is ignored, and `OK` is final. */
  setStatus(status: SpanStatus): this {
    if (status.code === SpanStatusCode.UNSET || this.isOk) return this;
    this.isOk = status.code === SpanStatusCode.OK;
    this.span.setStatus(status);
    return this;
  }

  updateName(name: string): this {
    this.span.updateName(name);
    return this;
  }

  end(time?: TimeInput): void {
    this.span.end(readTime(time));
  }

  isRecording(): boolean {
    return this.span.isRecording();
  }

  recordException(exception: Exception, time?: TimeInput): void {
    this.span.recordException(exception, readTime(time));
  }
}

/** A context of ours as `@opentelemetry/api` has it, whose trace state is an object. */
export function toOtelContext(context: SpanContext): OtelSpanContext {
  const { traceState, ...ids } = context;
  return traceState
    ? { ...ids, traceState: createTraceState(traceState) }
    : ids;
}

function isTime(value: object | TimeInput | undefined): value is TimeInput {
  return (
    typeof value === 'number' || value instanceof Date || Array.isArray(value)
  );
}
