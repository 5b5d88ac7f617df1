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

/**
 * A span with this context. `record` is what is sent of it; without one it is not sampled.
 *
 * An object of closures, so that every method works when it is taken off its span.
 */
export function createSpan(
  kernel: Kernel,
  context: SpanContext,
  record: PageSpan | undefined,
): Span {
  /** What can still be changed. */
  const open = (): PageSpan | undefined =>
    record && kernel.isOpen(record) ? record : undefined;

  const span: Span = {
    // A getter would be less to do, but engines make a hidden class for each object that has one.
    traceparent: formatTraceparent(context),

    isRecording: () => open() !== undefined,

    spanContext: () => context,

    setAttribute: (key, value) => span.setAttributes({ [key]: value }),

    setAttributes(attributes) {
      const record = open();
      if (record) {
        record.attributes = addAttributes(record.attributes, attributes);
      }
      return span;
    },

    addEvent(name, attributes, time) {
      const record = open();
      const events = record && (record.events ??= []);
      if (events && events.length < MAX_EVENTS) {
        events.push({
          name: clip(name),
          time: toMillis(time, kernel.now),
          attributes: addAttributes(undefined, attributes),
        });
      }
      return span;
    },

    addLink(link) {
      const record = open();
      const links = record && (record.links ??= []);
      const pageLink = links && links.length < MAX_LINKS && toPageLink(link);
      if (pageLink) links.push(pageLink);
      return span;
    },

    recordException(error, time) {
      return open() && isFirstReport(error)
        ? span.addEvent('exception', describeError(error), time)
        : span;
    },

    setStatus(status, message) {
      const record = open();
      if (record) {
        record.status = readStatus(record.status, status, message, kernel.warn);
      }
      return span;
    },

    updateName(name) {
      const record = open();
      if (record) record.name = clip(name);
      return span;
    },

    end(endTime) {
      if (record) kernel.endSpan(record, toMillis(endTime, kernel.now));
    },

    run(fn) {
      const outer = kernel.setActive(span);
      try {
        return fn();
      } finally {
        kernel.setActive(outer);
      }
    },

    startSpan: (name, attributes, options) =>
      startSpan(kernel, context, name, attributes, options),

    withSpan: <T>(name: string, ...rest: WithSpanArguments<T>): T =>
      withSpan(kernel, context, name, rest),

    invoke: (command, args, options) =>
      span.run(() => kernel.invoke(command, args, options)),
  };
  return span;
}
