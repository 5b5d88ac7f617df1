import type { Kernel } from '../kernel/types/kernel.js';
import type { Attributes } from '../types/attributes.js';
import type { Span } from '../types/span.js';
import type { SpanContext } from '../types/spanContext.js';
import type { SpanOptions } from '../types/spanOptions.js';
import { runInSpan } from './runInSpan.js';
import { startSpan } from './startSpan.js';

/** What follows the name in the three forms of `withSpan`; the function comes last. */
export type WithSpanArguments<T> =
  | [fn: SpanFunction<T>]
  | [attributes: Attributes | undefined, fn: SpanFunction<T>]
  | [
      attributes: Attributes | undefined,
      options: SpanOptions | undefined,
      fn: SpanFunction<T>,
    ];

/** What runs inside of a span. */
export type SpanFunction<T> = (span: Span) => T;

/** Runs a function inside a span that ends when it does. `parent` is as in `startSpan`. */
export function withSpan<T>(
  kernel: Kernel,
  parent: SpanContext | undefined,
  name: string,
  rest: WithSpanArguments<T>,
): T {
  const [attributes, options] = rest.slice(0, -1) as [
    Attributes?,
    SpanOptions?,
  ];
  return runInSpan(
    startSpan(kernel, parent, name, attributes, options),
    functionOf(rest),
  );
}

/** The function among the arguments of `withSpan`. */
export function functionOf<T>(rest: WithSpanArguments<T>): SpanFunction<T> {
  return rest[rest.length - 1] as SpanFunction<T>;
}
