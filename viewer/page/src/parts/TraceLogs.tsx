import { formatCount } from '../lib/formatCount';
import { formatOffset } from '../lib/formatOffset';
import { MOST } from '../lib/limitOf';
import { linkTo } from '../lib/linkTo';
import { visibleText } from '../lib/visibleText';
import { link } from '../state/link';
import type { TimelineState } from '../types/TimelineState';
import type { TraceModel } from '../types/TraceModel';
import { LogLine } from './LogLine';
import { ViewLink } from './ViewLink';

interface Props {
  readonly model: TraceModel;
  readonly state: TimelineState;
}

/** The log records of a trace in their order. A click selects the span that wrote one. */
export function TraceLogs({ model, state }: Props) {
  const { logs, traceId } = model.trace;
  const selected = model.trace.spans[state.selected.value]?.spanId;
  return (
    <section>
      <h2>
        Logs of this trace{' '}
        {logs.length < MOST ? (
          <span class="muted">{formatCount(logs.length)}</span>
        ) : (
          <ViewLink
            to={linkTo('logs', { run: link.value.params.get('run'), traceId })}
            title="All log records of this trace"
          >
            {formatCount(MOST)}+ →
          </ViewLink>
        )}
      </h2>
      {logs.length === 0 && <p class="muted">None came with this trace.</p>}
      <div class="logs">
        {logs.map((log) => (
          <LogLine
            key={log.id}
            log={log}
            when={formatOffset((log.time - model.trace.startTime) * 1e6)}
            current={log.spanId !== undefined && log.spanId === selected}
            onClick={() =>
              state.select(model.indexOf.get(log.spanId ?? '') ?? -1)
            }
          >
            <span>
              <span class="service">{visibleText(log.service)}</span>{' '}
              {visibleText(log.body)}
            </span>
          </LogLine>
        ))}
      </div>
    </section>
  );
}
