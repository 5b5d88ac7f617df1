import { computed, signal, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Trace } from '../bindings/Trace';
import { carryRange } from '../lib/carryRange';
import { matchSpans } from '../lib/matchSpans';
import { withParams } from '../lib/withParams';
import type { Layout } from '../types/Layout';
import type { TimelineState } from '../types/TimelineState';
import type { TraceModel } from '../types/TraceModel';
import { go } from './go';
import { link } from './link';

interface Shown extends Pick<TimelineState, 'range'> {
  readonly trace: Trace;
  readonly layout: Layout;
}

/** What is selected, visible and found in a trace. It stays when the trace grows or is laid out anew. */
export function useTimelineState(
  { trace, indexOf }: TraceModel,
  layout: Layout,
): TimelineState {
  const search = useSignal('');
  const shown = useRef<Shown | undefined>(undefined);
  const state = useMemo<TimelineState>(() => {
    const before = shown.current;
    const range = signal<readonly [number, number]>(
      before
        ? carryRange(before.range.peek(), before, { trace, layout })
        : [0, layout.width],
    );
    shown.current = { trace, layout, range };
    return {
      // By the link and by its id: a copied link shows the same span, and so does a trace in which others have arrived.
      selected: computed(
        () => indexOf.get(link.value.params.get('span') ?? '') ?? 0,
      ),
      select: (index) => {
        const span = trace.spans[index]?.spanId;
        if (span) go(withParams(link.value, { span }), true);
      },
      hovered: signal(-1),
      range,
      search,
      matches: computed(() => matchSpans(trace.spans, search.value)),
    };
  }, [trace, layout]);
  // In the link from the start: a span that arrives before the first does not take its place.
  useEffect(() => {
    if (!link.peek().params.get('span')) state.select(0);
  }, []);
  return state;
}
