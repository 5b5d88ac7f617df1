import type { Kernel } from '../../kernel/types/kernel.js';
import type { SpanContext } from '../../types/spanContext.js';
import type { Stop } from '../types/stop.js';

/** Says the `traceparent` of the running code, or `undefined`. May start its span only if `mayStart` says so. */
export type ContextSource = (mayStart: boolean) => string | undefined;

/** The instrumentations that know the context of code in which no span is active, most specific first. */
const sources: {
  interaction?: ContextSource | undefined;
  documentLoad?: ContextSource | undefined;
} = {};

/** The kernel that asks the sources. */
let asking: Kernel | undefined;
let mayStart = true;

/** Lets `source` say what the parent of spans and invokes is while no span is active. */
export function setContextSource(
  kernel: Kernel,
  name: keyof typeof sources,
  source: ContextSource,
): Stop {
  sources[name] = source;
  if (asking !== kernel) {
    asking = kernel;
    const outer = kernel.setContextSource(
      () =>
        sources.interaction?.(mayStart) ??
        sources.documentLoad?.(mayStart) ??
        outer?.(),
    );
  }
  return () => {
    if (sources[name] === source) sources[name] = undefined;
  };
}

/** The context of the running code. Unlike `kernel.active()` it starts no span only to have one. */
export function peekContext(kernel: Kernel): SpanContext | undefined {
  mayStart = false;
  try {
    return kernel.active()?.spanContext();
  } finally {
    mayStart = true;
  }
}
