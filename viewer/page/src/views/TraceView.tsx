import { useMemo, useRef } from 'preact/hooks';
import type { Trace } from '../bindings/Trace';
import { buildModel } from '../lib/buildModel';
import { formatDuration } from '../lib/formatDuration';
import { formatWhen } from '../lib/formatWhen';
import { layoutFlame } from '../lib/layoutFlame';
import { layoutLanes } from '../lib/layoutLanes';
import { layoutTree } from '../lib/layoutTree';
import { nextMarked } from '../lib/nextMarked';
import { partsOf } from '../lib/partsOf';
import { plural } from '../lib/plural';
import { queryOf } from '../lib/queryOf';
import { visibleText } from '../lib/visibleText';
import { wiresOf } from '../lib/wiresOf';
import { withParams } from '../lib/withParams';
import { zoomRange } from '../lib/zoomRange';
import { Empty } from '../parts/Empty';
import { ExportButton } from '../parts/ExportButton';
import { Overview } from '../parts/Overview';
import { Problem } from '../parts/Problem';
import { SpanDetails } from '../parts/SpanDetails';
import { Timeline } from '../parts/Timeline';
import { TraceLogs } from '../parts/TraceLogs';
import { go } from '../state/go';
import { link } from '../state/link';
import { useAnswer } from '../state/useAnswer';
import { useShortcuts } from '../state/useShortcuts';
import { useTimelineState } from '../state/useTimelineState';

const MODES = ['lanes', 'tree', 'flame'] as const;
type Mode = (typeof MODES)[number];

/** Room for the titles on the left in CSS pixels. */
const GUTTER: Record<Mode, number> = { lanes: 168, tree: 300, flame: 8 };

/** A trace that ended less than this many milliseconds ago can still grow. */
const GROWS = 30_000;

/** One trace: its timeline, the selected span and the logs. */
export function TraceView() {
  const traceId = link.value.id;
  const { data: trace, error } = useAnswer<Trace>(
    () =>
      `/api/traces/${encodeURIComponent(traceId)}${queryOf(link.value, [], 0)}`,
    `trace ${traceId} ${link.value.params.get('run')}`,
    canGrow,
  );
  return (
    <>
      <Problem text={error} />
      {trace ? (
        <Loaded trace={trace} />
      ) : (
        !error && <Empty title="Loading the trace …" />
      )}
    </>
  );
}

/** Whether spans of a trace may still arrive. One that comes as an outline is too large to be asked for again and again. */
function canGrow({ outline, startTime, duration }: Trace): boolean {
  return !outline && Date.now() - startTime - duration / 1e6 < GROWS;
}

/** A trace that is here. */
function Loaded({ trace }: { trace: Trace }) {
  const model = useMemo(() => buildModel(trace), [trace]);
  const parts = useMemo(() => partsOf(model), [model]);
  const lanes = useMemo(
    () =>
      layoutLanes(
        model.forest,
        trace.lanes.map(({ label }) => visibleText(label)),
        wiresOf(model),
      ),
    [model],
  );
  const mode = (link.value.params.get('mode') ?? 'lanes') as Mode;
  const layout = useMemo(() => {
    if (mode === 'tree') return layoutTree(model.forest);
    if (mode === 'flame')
      return layoutFlame(model.forest, (span) => trace.spans[span]?.name ?? '');
    return lanes;
  }, [model, mode]);
  const state = useTimelineState(model, layout);
  const search = useRef<HTMLInputElement>(null);

  const { select } = state;
  const step = (by: 1 | -1, marks: Uint8Array | undefined) =>
    marks && select(nextMarked(marks, state.selected.value, by));
  const setMode = (next: Mode) =>
    go(
      withParams(link.value, { mode: next === 'lanes' ? undefined : next }),
      true,
    );
  const zoom = (factor: number) => {
    const [from, to] = state.range.value;
    const at = layout.boxOf[state.selected.value] ?? -1;
    const middle = ((layout.x0[at] ?? 0) + (layout.x1[at] ?? 0)) / 2;
    const around = middle > from && middle < to ? middle : (from + to) / 2;
    state.range.value = zoomRange([from, to], around, factor, layout.width);
  };
  const { parent, children } = model.forest;
  useShortcuts([
    {
      key: '/',
      does: 'search in this trace',
      run: () => search.current?.focus(),
    },
    { key: 'n', does: 'next match', run: () => step(1, state.matches.value) },
    {
      key: 'N',
      does: 'match before',
      run: () => step(-1, state.matches.value),
    },
    { key: 'e', does: 'next error', run: () => step(1, model.failed) },
    { key: 'E', does: 'error before', run: () => step(-1, model.failed) },
    {
      key: 'j',
      does: 'next span',
      run: () => select(state.selected.value + 1),
    },
    {
      key: 'k',
      does: 'span before',
      run: () => select(state.selected.value - 1),
    },
    {
      key: 'ArrowDown',
      shown: '↓',
      does: 'next span',
      run: () => select(state.selected.value + 1),
    },
    {
      key: 'ArrowUp',
      shown: '↑',
      does: 'span before',
      run: () => select(state.selected.value - 1),
    },
    {
      key: 'ArrowLeft',
      shown: '←',
      does: 'parent',
      run: () => select(parent[state.selected.value] ?? -1),
    },
    {
      key: 'ArrowRight',
      shown: '→',
      does: 'first child',
      run: () => select(children[state.selected.value]?.[0] ?? -1),
    },
    { key: '+', does: 'zoom in', run: () => zoom(0.6) },
    { key: '-', does: 'zoom out', run: () => zoom(1 / 0.6) },
    {
      key: '0',
      does: 'the whole trace',
      run: () => (state.range.value = [0, layout.width]),
    },
    {
      key: 'f',
      does: 'zoom to the selected span',
      run: () => {
        const at = layout.boxOf[state.selected.value] ?? -1;
        const [x0, x1] = [layout.x0[at] ?? 0, layout.x1[at] ?? 0];
        state.range.value = zoomRange(
          [x0, Math.max(x1, x0 + 1)],
          (x0 + x1) / 2,
          1.2,
          layout.width,
        );
      },
    },
    {
      key: 'v',
      does: 'lanes, tree, flame graph',
      run: () =>
        setMode(MODES[(MODES.indexOf(mode) + 1) % MODES.length] ?? 'lanes'),
    },
    {
      key: 'Escape',
      shown: 'Esc',
      does: 'back to the traces',
      run: () => history.back(),
    },
  ]);

  const found = state.matches.value?.reduce((sum, mark) => sum + mark, 0);
  const services = new Set(trace.lanes.map(({ service }) => service)).size;
  const selected = state.selected.value;
  return (
    <div class="trace">
      <div class="trace-main">
        <div class="trace-head">
          <div class="title">
            <h1>{visibleText(trace.name)}</h1>
            <div class="facts">
              <span>
                <b>{formatDuration(trace.duration)}</b>
              </span>
              <span>{plural(trace.spans.length, 'span')}</span>
              <span>{plural(services, 'service')}</span>
              {trace.errors > 0 && (
                <span class="bad">
                  <b>{plural(trace.errors, 'error')}</b>
                </span>
              )}
              {trace.clockUncertainty !== undefined && (
                <span title={trace.clocks.map(clockText).join('\n')}>
                  clocks ± {formatDuration(trace.clockUncertainty)}
                </span>
              )}
              <span>{formatWhen(trace.startTime, Date.now())}</span>
            </div>
            {trace.gaps.map((gap, index) => (
              <div key={index} class="warn">
                {visibleText(gap.cause)}
              </div>
            ))}
          </div>
          <input
            ref={search}
            class="field"
            type="search"
            placeholder={
              // An outline comes without the attributes.
              trace.outline
                ? 'Search names and messages  /'
                : 'Search this trace  /'
            }
            aria-label="Search this trace"
            onInput={({ currentTarget }) => {
              state.search.value = currentTarget.value;
              const marks = state.matches.value;
              if (marks && !marks[selected]) step(1, marks);
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter')
                step(event.shiftKey ? -1 : 1, state.matches.value);
            }}
          />
          {found !== undefined && (
            <span class="muted" role="status">
              {plural(found, 'match').replace('matchs', 'matches')}
            </span>
          )}
          <div class="segments" role="group" aria-label="Layout">
            {MODES.map((name) => (
              <button
                key={name}
                class="button"
                aria-pressed={name === mode}
                onClick={() => setMode(name)}
              >
                {name.slice(0, 1).toUpperCase() + name.slice(1)}
              </button>
            ))}
          </div>
          <ExportButton
            query={() =>
              queryOf(link.value, [], Date.now(), { traceId: trace.traceId })
            }
            name={trace.traceId}
          />
        </div>
        {mode !== 'flame' && (
          <Overview model={model} layout={lanes} state={state} />
        )}
        <Timeline
          key={mode}
          model={model}
          layout={layout}
          state={state}
          gutter={GUTTER[mode]}
          label={`${mode} of ${trace.name}`}
        />
      </div>
      <aside aria-label="The selected span">
        <SpanDetails
          model={model}
          span={selected}
          parts={parts.get(selected)}
        />
        <TraceLogs model={model} state={state} />
      </aside>
    </div>
  );
}

function clockText({
  service,
  reference,
  minAhead,
  maxAhead,
  requests,
}: Trace['clocks'][number]): string {
  return `${service}: ${formatDuration(minAhead)} to ${formatDuration(maxAhead)} ahead of ${reference}, by ${plural(requests, 'request')}`;
}
