import type { ReadonlySignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { formatDuration } from '../lib/formatDuration';
import { visibleText } from '../lib/visibleText';
import type { Layout } from '../types/Layout';
import type { TraceModel } from '../types/TraceModel';

interface Props {
  readonly model: TraceModel;
  readonly layout: Layout;
  /** The box under the pointer, and where the pointer is in the window; `undefined` for none. */
  readonly under: ReadonlySignal<
    { readonly box: number; readonly x: number; readonly y: number } | undefined
  >;
}

/** What is under the pointer, beside it. It reads the signal by itself: nothing else has to be rendered while the pointer moves. */
export function TimelineTip({ model, layout, under }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const { box = -1, x = 0, y = 0 } = under.value ?? {};
  useLayoutEffect(() => {
    const tip = element.current;
    const frame = tip?.parentElement?.getBoundingClientRect();
    if (!tip || !frame) return;
    const left = x - frame.left;
    tip.style.left = `${Math.max(4, Math.min(left + 14, frame.width - tip.offsetWidth - 8))}px`;
    const top = y - frame.top;
    const below = top + 20 + tip.offsetHeight < frame.height;
    tip.style.top = `${below ? top + 18 : top - tip.offsetHeight - 10}px`;
  });
  const span = model.trace.spans[layout.span[box] ?? -1];
  if (!span) return null;
  const took = (layout.x1[box] ?? 0) - (layout.x0[box] ?? 0);
  const share = ((took / layout.width) * 100).toFixed(1);
  return (
    <div ref={element} class="tip" role="presentation">
      <b>{visibleText(span.name)}</b>
      <span>{visibleText(model.trace.lanes[span.lane]?.label ?? '')}</span>
      <span>
        {layout.merged
          ? `${formatDuration(took)} in ${layout.merged[box]} × · ${share} %`
          : `${formatDuration(took)} · at ${formatDuration(span.offset)} · self time ${formatDuration(span.selfTime)}`}
      </span>
      {span.statusMessage && (
        <em>{visibleText(span.statusMessage.slice(0, 200))}</em>
      )}
    </div>
  );
}
