import type { Active, Kernel } from '../kernel/types/kernel.js';
import type { Span } from '../types/span.js';
import { createSpan } from './createSpan.js';

/** The span that `active` is or stands for, or one made of its context. `undefined` if it stands for no span. */
export function spanOf(kernel: Kernel, active: Active): Span | undefined {
  const context = active.spanContext();
  if (!context) return undefined;
  const span = 'end' in active ? active : active.span;
  return (span as Span | undefined) ?? createSpan(kernel, context, undefined);
}
