/**
 * Builds the answer of `GET /api/traces/{traceId}` from spans in any order: what the viewer computes (order of the tree, depth, time of a
 * span itself, critical path, parts of invokes) is computed here in the simplest way.
 */
export function traceBuilder(traceId, startTime, next) {
  const lanes = [];
  const resources = [];
  const spans = [];
  const invokes = [];
  const logs = [];
  const gaps = [];
  const hex = (digits) =>
    Array.from({ length: digits }, () =>
      Math.floor(next() * 16).toString(16),
    ).join('');

  const builder = {
    lane(kind, label, service, attributes = {}) {
      const known = lanes.findIndex((lane) => lane.label === label);
      if (known >= 0) return known;
      let resource = resources.findIndex(
        (resource) => resource.service === service,
      );
      if (resource < 0)
        resource =
          resources.push({
            service,
            attributes: { 'service.name': service, ...attributes },
          }) - 1;
      return lanes.push({ kind, label, service, resource }) - 1;
    },
    /** Times in microseconds. */
    span(lane, parent, name, offset, duration, more = {}) {
      const span = {
        spanId: hex(16),
        ...(parent ? { parentSpanId: parent.spanId } : {}),
        name,
        kind: 'internal',
        offset: Math.round(offset * 1000),
        duration: Math.round(duration * 1000),
        selfTime: 0,
        depth: 0,
        status: 'unset',
        lane,
        resource: lanes[lane].resource,
        scope: lanes[lane].kind === 'page' ? 1 : 0,
        attributes: {},
        events: [],
        links: [],
        dropped: 0,
        ...more,
      };
      spans.push(span);
      return span;
    },
    invoke(command, client, server, body) {
      const end = client.offset + client.duration;
      const around = spans.find(({ spanId }) => spanId === client.parentSpanId);
      const begun =
        around?.lane === client.lane ? around.offset : client.offset;
      invokes.push({
        command,
        clientSpanId: client.spanId,
        serverSpanId: server.spanId,
        offset: begun,
        duration: end - begun,
        ...(around ? { page: client.offset - begun } : {}),
        ipc: server.offset - client.offset,
        queue: body.offset - server.offset,
        body: body.duration,
        return: end - body.offset - body.duration,
      });
    },
    log(time, severity, service, body, span, attributes = {}) {
      logs.push({ time, severity, service, body, span, attributes });
    },
    gap(gap) {
      gaps.push(gap);
    },
    build(name) {
      const { ordered, children } = order(spans);
      const duration = spans.reduce(
        (max, span) => Math.max(max, span.offset + span.duration),
        0,
      );
      const root = ordered[0];
      for (const span of ordered)
        span.selfTime = selfTime(span, children.get(span.spanId) ?? []);
      return {
        traceId,
        name: name ?? root.name,
        service: lanes[root.lane].service,
        startTime,
        startTimeUnixNano: `${Math.floor(startTime)}000000`,
        duration,
        errors: spans.filter(({ status }) => status === 'error').length,
        spans: ordered,
        outline: false,
        lanes: lanes.map(({ kind, label, service }) => ({
          kind,
          label,
          service,
        })),
        resources,
        scopes: [
          {
            name: 'tauri-plugin-opentelemetry',
            version: '0.1.0',
            attributes: {},
          },
          {
            name: 'tauri-plugin-opentelemetry-api',
            version: '0.1.0',
            attributes: {},
          },
        ],
        criticalPath: criticalPath(root, children),
        invokes,
        logs: logs
          .map(({ span, ...log }, index) => ({
            id: index + 1,
            severityNumber: { debug: 5, info: 9, warn: 13, error: 17 }[
              log.severity
            ],
            scope: 'messenger',
            traceId,
            ...(span ? { spanId: span.spanId } : {}),
            ...log,
            time: startTime + log.time / 1000,
          }))
          .sort((a, b) => a.time - b.time),
        gaps,
        clocks: lanes.some(({ service }) => service === 'relay')
          ? [
              {
                service: 'relay',
                reference: 'messenger',
                minAhead: -21_000,
                maxAhead: 42_000,
                requests: 3,
              },
            ]
          : [],
        ...(lanes.some(({ service }) => service === 'relay')
          ? { clockUncertainty: 42_000 }
          : {}),
      };
    },
  };
  return builder;
}

function order(spans) {
  const children = new Map();
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const roots = [];
  for (const span of spans) {
    if (!ids.has(span.parentSpanId)) roots.push(span);
    else if (children.has(span.parentSpanId))
      children.get(span.parentSpanId).push(span);
    else children.set(span.parentSpanId, [span]);
  }
  const byOffset = (a, b) => a.offset - b.offset;
  for (const list of children.values()) list.sort(byOffset);
  roots.sort(byOffset);
  const ordered = [];
  const stack = roots.reverse();
  for (let span = stack.pop(); span; span = stack.pop()) {
    ordered.push(span);
    const below = children.get(span.spanId) ?? [];
    for (const child of [...below].reverse()) {
      child.depth = span.depth + 1;
      stack.push(child);
    }
  }
  return { ordered, children };
}

function selfTime(span, children) {
  let covered = 0;
  let reached = span.offset;
  const end = span.offset + span.duration;
  for (const child of children) {
    const left = Math.max(child.offset, reached);
    const right = Math.min(child.offset + child.duration, end);
    if (right > left) {
      covered += right - left;
      reached = right;
    }
  }
  return span.duration - covered;
}

function criticalPath(root, children) {
  const path = [];
  const walk = (span, until) => {
    let reached = until;
    const below = [...(children.get(span.spanId) ?? [])].sort(
      (a, b) => b.offset + b.duration - a.offset - a.duration,
    );
    for (const child of below) {
      if (child.offset >= reached) continue;
      const end = Math.min(child.offset + child.duration, reached);
      if (end <= span.offset) continue;
      add(span, end, reached);
      walk(child, end);
      reached = Math.max(child.offset, span.offset);
    }
    add(span, span.offset, reached);
  };
  const add = (span, from, to) => {
    if (to > from)
      path.push({ spanId: span.spanId, offset: from, duration: to - from });
  };
  walk(root, root.offset + root.duration);
  return path.reverse();
}
