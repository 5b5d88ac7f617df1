import type { SpanKind } from '../bindings/SpanKind.js';
import type { SpanOptions } from '../types/spanOptions.js';

/** In the order of the numbers that `SpanKind` of `@opentelemetry/api` gives them. */
const KINDS: readonly SpanKind[] = [
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
];

/** The kind as it is sent, or `undefined`, which is `internal`, for what is none. */
export function readKind(
  kind: SpanOptions['kind'],
  warn: (message: string) => void,
): SpanKind | undefined {
  if (kind === undefined) return undefined;
  const found = typeof kind === 'number' ? KINDS[kind] : kind;
  if (found && KINDS.includes(found)) return found;
  warn(
    `${String(kind)} is no span kind; the kinds are ${KINDS.join(', ')}. The span is internal.`,
  );
  return undefined;
}
