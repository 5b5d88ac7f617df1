import type { SpanDetail } from '../bindings/SpanDetail';
import { formatDuration } from '../lib/formatDuration';
import { formatOffset } from '../lib/formatOffset';
import { formatTime } from '../lib/formatTime';
import { laneColour } from '../lib/laneColour';
import { queryOf } from '../lib/queryOf';
import { visibleText } from '../lib/visibleText';
import { link } from '../state/link';
import { traceLink } from '../state/traceLink';
import { useAnswer } from '../state/useAnswer';
import type { Parts } from '../types/Parts';
import type { TraceModel } from '../types/TraceModel';
import { AttributeList } from './AttributeList';
import { InvokeParts } from './InvokeParts';
import { ViewLink } from './ViewLink';

interface Props {
  readonly model: TraceModel;
  readonly span: number;
  readonly parts: Parts | undefined;
}

/** Everything about one span. */
export function SpanDetails({ model, span: index, parts }: Props) {
  const { trace, hues } = model;
  const outline = trace.spans[index];
  const path = `/api/traces/${trace.traceId}/spans/${outline?.spanId}${queryOf(link.value, [], 0)}`;
  const { data } = useAnswer<SpanDetail>(() => path, path, false);
  if (!outline) return null;
  const detail = data?.span.spanId === outline.spanId ? data : undefined;
  // An outline has no attributes; the whole trace has everything at once.
  const span = trace.outline ? (detail?.span ?? outline) : outline;
  const lane = trace.lanes[outline.lane];
  const resource = trace.resources[outline.resource];
  const scope = trace.scopes[outline.scope];
  return (
    <>
      <section aria-live="polite">
        <h1 class="span-name">{visibleText(span.name)}</h1>
        <div class="chips">
          <span class="chip">
            <i style={{ backgroundColor: laneColour(hues[outline.lane]) }} />
            {visibleText(lane?.label ?? '')}
          </span>
          {span.kind !== 'unspecified' && <span class="chip">{span.kind}</span>}
          {span.status !== 'unset' && (
            <span class={`chip ${span.status}`}>{span.status}</span>
          )}
        </div>
        {span.statusMessage && (
          <p class="status-message">{visibleText(span.statusMessage)}</p>
        )}
        {parts && <InvokeParts parts={parts} hues={hues} />}
        <dl class="pairs" style={{ marginTop: '12px' }}>
          <dt>duration</dt>
          <dd>{formatDuration(span.duration)}</dd>
          <dt>self time</dt>
          <dd>{formatDuration(span.selfTime)}</dd>
          <dt>starts</dt>
          <dd>
            {formatTime(trace.startTime + span.offset / 1e6, 6)},{' '}
            {formatOffset(span.offset)}
          </dd>
          {detail?.p50 !== undefined && detail.p95 !== undefined && (
            <>
              <dt>usual</dt>
              <dd>
                p50 {formatDuration(detail.p50)}, p95{' '}
                {formatDuration(detail.p95)}
                {detail.fasterThan !== undefined &&
                  `; faster than ${Math.round(detail.fasterThan)} %`}
              </dd>
            </>
          )}
          {span.dropped > 0 && (
            <>
              <dt class="warn">dropped</dt>
              <dd>{span.dropped} attributes, events or links, by its sender</dd>
            </>
          )}
        </dl>
      </section>
      {Object.keys(span.attributes).length > 0 && (
        <section>
          <h2>Attributes</h2>
          <AttributeList attributes={span.attributes} />
        </section>
      )}
      {span.events.length > 0 && (
        <section>
          <h2>
            Events <span class="muted">{span.events.length}</span>
          </h2>
          {span.events.map((event, at) => (
            <div key={at} class="event">
              <b>{visibleText(event.name)}</b>{' '}
              <span class="muted">{formatOffset(event.offset)}</span>
              <AttributeList attributes={event.attributes} />
            </div>
          ))}
        </section>
      )}
      {span.links.length > 0 && (
        <section>
          <h2>
            Links <span class="muted">{span.links.length}</span>
          </h2>
          {span.links.map((linked, at) => (
            <div key={at} class="event">
              {linked.known ? (
                <ViewLink
                  class="mono"
                  to={traceLink(linked.traceId, linked.spanId)}
                >
                  {linked.traceId} →
                </ViewLink>
              ) : (
                <span class="mono">
                  {linked.traceId} <span class="muted">is not in this run</span>
                </span>
              )}
              <AttributeList attributes={linked.attributes} />
            </div>
          ))}
        </section>
      )}
      <section>
        <details>
          <summary>Resource {visibleText(resource?.service ?? '')}</summary>
          <AttributeList attributes={resource?.attributes ?? {}} />
        </details>
        <details>
          <summary>
            Scope {visibleText(scope?.name || '(no name)')} {scope?.version}
          </summary>
          <AttributeList
            attributes={{
              ...scope?.attributes,
              'trace id': trace.traceId,
              'span id': span.spanId,
              ...(span.traceState ? { tracestate: span.traceState } : {}),
            }}
          />
        </details>
      </section>
    </>
  );
}
