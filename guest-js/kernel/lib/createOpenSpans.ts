import type { PageSpan } from '../../bindings/PageSpan.js';
import { MAX_OPEN_SPANS } from './limits.js';
import { now } from './now.js';

/** The spans that have started and not ended. */
export interface OpenSpans {
  open(span: PageSpan): void;
  isOpen(span: PageSpan): boolean;
  end(span: PageSpan, endTime: number): void;
  /** Ends all of them now, as unfinished. */
  endAll(): void;
}

/**
 * Keeps the open spans of a page, and passes each on when it ends. A span that nobody ends is passed
 * on as unfinished: when the page is left, or when too many newer ones are open.
 */
export function createOpenSpans(ended: (span: PageSpan) => void): OpenSpans {
  const spans = new Set<PageSpan>();

  function end(span: PageSpan, endTime: number): void {
    if (!spans.delete(span)) return;
    // Rust drops a span that ends before it starts.
    span.endTime = Math.max(span.startTime, endTime);
    ended(span);
  }

  function endUnfinished(span: PageSpan): void {
    span.attributes = { 'span.unfinished': true, ...span.attributes };
    end(span, now());
  }

  return {
    open(span) {
      spans.add(span);
      if (spans.size > MAX_OPEN_SPANS) {
        const [oldest] = spans;
        if (oldest) endUnfinished(oldest);
      }
    },
    isOpen: (span) => spans.has(span),
    end,
    endAll: () => spans.forEach(endUnfinished),
  };
}
