import type { PageSpan } from '../../bindings/PageSpan.js';
import type { StatusCode } from '../../bindings/StatusCode.js';
import type { AttributeValue } from '../../bindings/AttributeValue.js';
import type { Attributes } from '../../types/attributes.js';
import type { InvokeArgs, InvokeOptions } from '../../types/invoke.js';
import type { Span } from '../../types/span.js';
import type { SpanContext } from '../../types/spanContext.js';
import type { TimeInput } from '../../types/timeInput.js';
import type { LiveSpan } from '../types/liveSpan.js';
import type { Page } from '../types/page.js';
import { addAttributes } from './addAttributes.js';
import { clip } from './clip.js';
import { describeError } from './describeError.js';
import { endRecord } from './endRecord.js';
import { formatTraceparent } from './formatTraceparent.js';
import { MAX_EVENTS } from './limits.js';
import { newContext } from './newContext.js';
import { openRecord } from './openRecord.js';
import { toMillis } from './toMillis.js';

/** What starts the spans of `page`. */
export function createOpenSpan(page: Page): Page['openSpan_'] {
  // A class, because closures would be a dozen allocations per span; inside of this function, because
  // a span that held the page would hand the invoke key to every script.
  class PageSpanHandle implements LiveSpan {
    constructor(
      readonly context_: SpanContext,
      public record_: PageSpan | undefined,
    ) {}

    get traceparent(): string {
      return formatTraceparent(this.context_);
    }

    isRecording(): boolean {
      return page.open_.has(this.record_);
    }

    spanContext(): SpanContext {
      return this.context_;
    }

    setAttribute(key: string, value: AttributeValue): this {
      return this.setAttributes({ [key]: value });
    }

    setAttributes(attributes: Attributes): this {
      const record = this.record_;
      if (record) {
        record.attributes = addAttributes(record.attributes, attributes);
      }
      return this;
    }

    addEvent(name: string, attributes?: Attributes, time?: TimeInput): this {
      const record = this.record_;
      const events = record && (record.events ??= []);
      if (events && events.length < MAX_EVENTS) {
        events.push({
          name: clip(name),
          time: toMillis(time),
          attributes: addAttributes(undefined, attributes),
        });
      }
      return this;
    }

    recordException(error: unknown): this {
      return this.addEvent('exception', describeError(error));
    }

    setStatus(code: StatusCode, message?: string): this {
      if (this.record_) {
        this.record_.status = { code, message: message && clip(message) };
      }
      return this;
    }

    updateName(name: string): this {
      if (this.record_) this.record_.name = clip(name);
      return this;
    }

    end(endTime?: TimeInput): void {
      const record = this.record_;
      this.record_ = undefined;
      endRecord(page, record, undefined, toMillis(endTime));
    }

    run<T>(fn: () => T): T {
      const outer = page.current_;
      page.current_ = this;
      try {
        return fn();
      } finally {
        page.current_ = outer;
      }
    }

    withSpan<T>(
      name: string,
      attributesOrFn: Attributes | ((span: Span) => T) | undefined,
      fn?: (span: Span) => T,
    ): T {
      return this.run(() =>
        page.telemetry_.withSpan(
          name,
          attributesOrFn as Attributes | undefined,
          fn as (span: Span) => T,
        ),
      );
    }

    invoke<T>(
      cmd: string,
      args?: InvokeArgs,
      options?: InvokeOptions,
    ): Promise<T> {
      return this.run(() => page.telemetry_.invoke<T>(cmd, args, options));
    }
  }

  return (name, parent) => {
    const context = newContext(page, parent);
    return new PageSpanHandle(context, openRecord(page, context, parent, name));
  };
}
