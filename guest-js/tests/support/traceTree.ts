import type { PageSpan } from '../../bindings/PageSpan.js';

/** The spans of one page, so that a test reads as its promise: `trace.root('click').child('greet')`. */
export class TraceTree {
  constructor(private readonly spans: readonly PageSpan[]) {}

  /** The one root of this name. */
  root(name: string): TraceNode {
    return this.one(name, undefined);
  }

  /** The names of all roots, in the order of their ends. */
  roots(): string[] {
    return this.spans
      .filter((span) => span.parentSpanId === undefined)
      .map((span) => span.name);
  }

  /** The one span of this name below this parent. */
  one(name: string, parent: PageSpan | undefined): TraceNode {
    const found = this.spans.filter(
      (span) =>
        span.name === name &&
        span.parentSpanId === parent?.spanId &&
        (!parent || span.traceId === parent.traceId),
    );
    const [span] = found;
    if (!span || found.length > 1) {
      throw new Error(
        `${found.length} spans "${name}" below ${parent?.name ?? 'no parent'} in\n${this.toString()}`,
      );
    }
    return new TraceNode(this, span);
  }

  toString(): string {
    return this.spans
      .map((span) => `${span.spanId} ${span.name} < ${span.parentSpanId}`)
      .join('\n');
  }
}

/** One span in its tree. */
export class TraceNode {
  constructor(
    private readonly tree: TraceTree,
    readonly span: PageSpan,
  ) {}

  child(name: string): TraceNode {
    return this.tree.one(name, this.span);
  }
}
