import type { Active, Kernel } from '../../kernel/types/kernel.js';
import type { Stop } from '../types/stop.js';

/** Says what the running code is part of, if it knows that. */
type ContextSource = () => Active | undefined;

/** The instrumentations that know the context of code in which no span is active, most specific first. */
const sources: {
  interaction?: ContextSource | undefined;
  documentLoad?: ContextSource | undefined;
} = {};

/** The kernel that asks the sources. */
let asking: Kernel | undefined;

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
      () => sources.interaction?.() ?? sources.documentLoad?.() ?? outer?.(),
    );
  }
  return () => {
    if (sources[name] === source) sources[name] = undefined;
  };
}
