import type { Trace } from '../bindings/Trace';
import type { Layout } from '../types/Layout';
import { isWhole } from './isWhole';
import { zoomRange } from './zoomRange';

interface Drawn {
  readonly trace: Pick<Trace, 'startTimeUnixNano'>;
  readonly layout: Pick<Layout, 'width' | 'merged'>;
}

/**
 * The stretch of time to show of a trace that has grown or is laid out anew: the same times as before, and the whole if that was shown. The
 * flame graph has no times, so nothing is carried into it or out of it.
 */
export function carryRange(
  range: readonly [number, number],
  before: Drawn,
  now: Drawn,
): readonly [number, number] {
  const { width } = now.layout;
  const flame = Boolean(now.layout.merged);
  if (
    isWhole(range, before.layout.width) ||
    flame !== Boolean(before.layout.merged)
  )
    return [0, width];
  // Times count from the first span, and an earlier one may have arrived.
  const by = flame ? 0 : Number(startOf(before) - startOf(now));
  const from = range[0] + by;
  return zoomRange([from, range[1] + by], from, 1, width);
}

function startOf({ trace }: Drawn): bigint {
  return BigInt(trace.startTimeUnixNano);
}
