import type { PageSpan } from '../bindings/PageSpan.js';
import { formatTraceparent } from '../kernel/lib/formatTraceparent.js';
import type { Kernel } from '../kernel/types/kernel.js';
import { addAttributes } from '../lib/addAttributes.js';
import { clip } from '../lib/clip.js';
import { describeError } from '../lib/describeError.js';
import { MAX_EVENTS, MAX_LINKS } from '../lib/limits.js';
import { readStatus } from '../lib/readStatus.js';
import { toMillis } from '../lib/toMillis.js';
import { toPageLink } from '../lib/toPageLink.js';
import type { Span } from '../types/span.js';
import type { SpanContext } from '../types/spanContext.js';
import { isFirstReport } from './isFirstReport.js';
import { startSpan } from './startSpan.js';
import { withSpan, type WithSpanArguments } from './withSpan.js';

/** A span with this context. `record` is what is sent of it; without one it is not sampled. */
export function createSpan(
  kernel: Kernel,
  context: SpanContext,
  record: PageSpan | undefined,
): Span {
  return new RecordedSpan(kernel, context, record);
}

/**
 * Every method is a getter that makes a function when it is asked for one. So it works when it is taken off its
 * span, and most spans, whose only method is `end`, are made without the fourteen others.
 */
class RecordedSpan implements Span {
  constructor(
    private readonly kernel: Kernel,
    private readonly context: SpanContext,
    private readonly record: PageSpan | undefined,
  ) {}

  /** What can still be changed. */
  private get open(): PageSpan | undefined {
    const { record } = this;
    return record && this.kernel.isOpen(record) ? record : undefined;
  }

  get traceparent(): Span['traceparent'] {
    return formatTraceparent(this.context);
  }

  get isRecording(): Span['isRecording'] {
    return () => this.open !== undefined;
  }

  get spanContext(): Span['spanContext'] {
    return () => this.context;
  }

  get setAttribute(): Span['setAttribute'] {
    return (key, value) => this.setAttributes({ [key]: value });
  }

  get setAttributes(): Span['setAttributes'] {
    return (attributes) => {
      const { open } = this;
      if (open) open.attributes = addAttributes(open.attributes, attributes);
      return this;
    };
  }

  get addEvent(): Span['addEvent'] {
    return (name, attributes, time) => {
      const { open } = this;
      const events = open && (open.events ??= []);
      if (events && events.length < MAX_EVENTS) {
        events.push({
          name: clip(name),
          time: toMillis(time, this.kernel.now),
          attributes: addAttributes(undefined, attributes),
        });
      }
      return this;
    };
  }

  get addLink(): Span['addLink'] {
    return (link) => {
      const { open } = this;
      const links = open && (open.links ??= []);
      const pageLink = links && links.length < MAX_LINKS && toPageLink(link);
      if (pageLink) links.push(pageLink);
      return this;
    };
  }

  get recordException(): Span['recordException'] {
    return (error, time) =>
      this.open && isFirstReport(this.kernel, error)
        ? this.addEvent('exception', describeError(error), time)
        : this;
  }

  get setStatus(): Span['setStatus'] {
    return (status, message) => {
      const { open, kernel } = this;
      if (open) {
        open.status = readStatus(open.status, status, message, kernel.warn);
      }
      return this;
    };
  }

  get updateName(): Span['updateName'] {
    return (name) => {
      const { open } = this;
      if (open) open.name = clip(name);
      return this;
    };
  }

  get end(): Span['end'] {
    return (endTime) => {
      const { kernel, record } = this;
      if (record) kernel.endSpan(record, toMillis(endTime, kernel.now));
    };
  }

  get run(): Span['run'] {
    return (fn) => {
      const outer = this.kernel.setActive(this);
      try {
        return fn();
      } finally {
        this.kernel.setActive(outer);
      }
    };
  }

  get startSpan(): Span['startSpan'] {
    return (name, attributes, options) =>
      startSpan(this.kernel, this.context, name, attributes, options);
  }

  get withSpan(): Span['withSpan'] {
    return <T>(name: string, ...rest: WithSpanArguments<T>): T =>
      withSpan(this.kernel, this.context, name, rest);
  }

  get invoke(): Span['invoke'] {
    return (command, args, options) =>
      this.run(() => this.kernel.invoke(command, args, options));
  }
}
