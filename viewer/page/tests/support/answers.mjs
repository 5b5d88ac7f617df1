import { random } from './random.mjs';
import { NOW } from './world.mjs';

const cache = new WeakMap();

/** The answer to one request of the API: status, body, and the type of a body that is no JSON. */
export function answers(state, method, url, body) {
  const path = url.pathname.replace('/api/', '');
  const query = url.searchParams;
  // The run of logs alone has none.
  const all = query.get('run') === 'r0' ? [] : [...state.traces.values()];
  const traces = select(all, query);
  const limit = Number(query.get('limit') ?? 100);
  if (limit < 1 || limit > 1000)
    return [400, { error: `limit: ${limit} is not between 1 and 1000` }];
  const offset = Number(query.get('offset') ?? 0);
  const page = (items) => ({
    items: items.slice(offset, offset + limit),
    pagination: {
      hasMore: items.length > offset + limit,
      ...(items.length > offset + limit ? { nextOffset: offset + limit } : {}),
    },
  });
  const [head, id, more, last] = path.split('/').map(decodeURIComponent);

  if (head === 'status') return [200, status(state, query)];
  if (head === 'runs' && method === 'GET') return [200, runs(state)];
  if (head === 'runs' && method === 'POST') {
    const change = JSON.parse(body);
    if (change.pinned) state.pinned.add(id);
    else state.pinned.delete(id);
    return [200, runs(state).find((run) => run.id === id)];
  }
  if (head === 'runs') return [204];
  if (head === 'open') {
    state.opened.push({ name: query.get('name'), body });
    return [
      200,
      {
        run: 'r1',
        counts: body.includes('resourceMetrics')
          ? { traces: 0, spans: 0, errors: 0, logs: 0, metricPoints: 12 }
          : { traces: 1, spans: 3, errors: 0, logs: 0, metricPoints: 0 },
        errors: [],
      },
    ];
  }
  if (head === 'export')
    return [
      200,
      traces
        .map((trace) =>
          JSON.stringify({ resourceSpans: [], traceId: trace.traceId }),
        )
        .join('\n'),
      'application/x-ndjson',
    ];
  if (path === 'traces/histogram') return [200, histogram(traces, query)];
  if (head === 'traces' && more === 'spans')
    return detail(state.traces.get(id), last);
  if (head === 'traces' && id) {
    const trace = state.traces.get(id);
    return trace
      ? [200, outlined(trace)]
      : [404, { error: `no trace ${id} in this run` }];
  }
  if (head === 'traces') {
    const sorted = traces
      .map(summary)
      .sort(
        query.get('sort') === 'slowest'
          ? (a, b) => b.duration - a.duration
          : (a, b) => b.startTime - a.startTime,
      );
    return [200, page(sorted)];
  }
  if (head === 'commands') return [200, commands(traces)];
  if (head === 'errors') return [200, page(errors(traces))];
  if (path === 'logs/patterns') return [200, patterns(logsOf(traces, query))];
  if (head === 'logs') return [200, page(logsOf(traces, query))];
  if (head === 'metrics' && id) return [200, series(id)];
  if (head === 'metrics')
    return [
      200,
      METRICS.filter(({ name }) => name.includes(query.get('search') ?? '')),
    ];
  if (head === 'map') return [200, map(traces)];
  if (head === 'compare') return [200, comparison(traces)];
  if (head === 'fields')
    return [
      200,
      {
        items: [
          'tauri.window.label',
          'rpc.method',
          'error.type',
          'http.route',
          'db.system.name',
        ].map((text, index) => ({ text, count: 900 - index * 150 })),
      },
    ];
  return [404, { error: `no route ${url.pathname}` }];
}

function outlined(trace) {
  if (!trace.outline) return trace;
  return {
    ...trace,
    spans: trace.spans.map((span) => ({
      ...span,
      attributes: {},
      events: [],
      links: [],
    })),
  };
}

function detail(trace, spanId) {
  const span = trace?.spans.find((span) => span.spanId === spanId);
  if (!span) return [404, { error: 'no such span' }];
  return [
    200,
    {
      span,
      resource: trace.resources[span.resource],
      scope: trace.scopes[span.scope],
      p50: span.duration * 0.8,
      p95: span.duration * 2.9,
      fasterThan: 38,
    },
  ];
}

function summary(trace) {
  const known = cache.get(trace);
  if (known) return known;
  const made = {
    traceId: trace.traceId,
    name: trace.name,
    service: trace.service,
    startTime: trace.startTime,
    duration: trace.duration,
    spans: trace.spans.length,
    errors: trace.errors,
    services: [...new Set(trace.lanes.map(({ service }) => service))],
    commands: [...new Set(trace.invokes.map(({ command }) => command))].slice(
      0,
      10,
    ),
    windows: [
      ...new Set(
        trace.spans
          .map(({ attributes }) => attributes['tauri.window.label'])
          .filter(Boolean),
      ),
    ],
    hasRoot: true,
  };
  cache.set(trace, made);
  return made;
}

function select(traces, query) {
  const start = Number(query.get('start') ?? 0);
  const end = Number(query.get('end') ?? Infinity);
  const min = nanoseconds(query.get('minDuration')) ?? 0;
  const max = nanoseconds(query.get('maxDuration')) ?? Infinity;
  return traces.filter((trace) => {
    const one = summary(trace);
    return (
      one.startTime >= start &&
      one.startTime <= end &&
      one.duration >= min &&
      one.duration <= max &&
      (!query.get('service') || one.services.includes(query.get('service'))) &&
      (!query.get('command') || one.commands.includes(query.get('command'))) &&
      (!query.get('window') || one.windows.includes(query.get('window'))) &&
      (!query.get('search') ||
        query.get('severity') ||
        one.name.toLowerCase().includes(query.get('search').toLowerCase()) ||
        trace.logs.some(({ body }) => body.includes(query.get('search')))) &&
      (query.get('error') !== 'true' || one.errors > 0) &&
      (query.get('error') !== 'false' || one.errors === 0) &&
      query.getAll('attribute').every((pair) => {
        const [key, value] = pair.split('=');
        return trace.spans.some(
          ({ attributes }) => String(attributes[key]) === value,
        );
      }) &&
      (!query.get('traceId') || one.traceId === query.get('traceId'))
    );
  });
}

function nanoseconds(text) {
  const match = /^([\d.]+)(ns|us|µs|ms|s)?$/.exec(text ?? '');
  return match
    ? Number(match[1]) *
        { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 }[match[2] ?? 'ns']
    : undefined;
}

function histogram(traces, query) {
  const count = Number(query.get('buckets') ?? 60);
  const times = traces.map(({ startTime }) => startTime);
  const start = Number(
    query.get('start') ?? times.reduce((a, b) => Math.min(a, b), NOW),
  );
  const end = Number(
    query.get('end') ?? times.reduce((a, b) => Math.max(a, b), start + 1),
  );
  const step = Math.max((end - start) / count, 1);
  const buckets = Array.from({ length: count }, (_, index) => ({
    start: start + index * step,
    count: 0,
    errors: 0,
    maxDuration: 0,
    leftOut: 0,
  }));
  for (const trace of traces) {
    const bucket =
      buckets[
        Math.min(count - 1, Math.floor((trace.startTime - start) / step))
      ];
    if (!bucket) continue;
    bucket.count += 1;
    bucket.errors += trace.errors > 0 ? 1 : 0;
    bucket.maxDuration = Math.max(bucket.maxDuration, trace.duration);
  }
  return { step, buckets };
}

function quantile(sorted, share) {
  return (
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  );
}

function invokesOf(traces) {
  return traces.flatMap((trace) =>
    trace.invokes.map((invoke) => ({
      ...invoke,
      trace,
      server: trace.spans.find(({ spanId }) => spanId === invoke.serverSpanId),
    })),
  );
}

function group(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (groups.has(key)) groups.get(key).push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

function commands(traces) {
  const times = traces.map(({ startTime }) => startTime);
  const start = times.reduce((a, b) => Math.min(a, b), NOW);
  const step = (NOW - start) / 40;
  const items = [
    ...group(
      invokesOf(traces),
      ({ command, trace }) => `${command} ${trace.service}`,
    ).values(),
  ].map((list) => {
    const durations = list
      .map(({ duration }) => duration)
      .sort((a, b) => a - b);
    const slowest = list.reduce((a, b) => (b.duration > a.duration ? b : a));
    const sparkline = new Array(40).fill(0);
    for (const { trace } of list)
      sparkline[Math.min(39, Math.floor((trace.startTime - start) / step))] +=
        1;
    const bytes = (name) =>
      list.reduce(
        (sum, { server }) => sum + (server?.attributes[name] ?? 0),
        0,
      );
    return {
      command: list[0].command,
      service: list[0].trace.service,
      calls: list.length,
      rate: list.length / 2400,
      p50: quantile(durations, 0.5),
      p95: quantile(durations, 0.95),
      p99: quantile(durations, 0.99),
      max: durations.at(-1),
      errors: list.filter(({ server }) => server?.status === 'error').length,
      requestBytes: bytes('tauri.invoke.request.size'),
      responseBytes: bytes('tauri.invoke.response.size'),
      sparkline,
      slowestTraceId: slowest.trace.traceId,
      slowestSpanId: slowest.clientSpanId,
    };
  });
  return { items: items.sort((a, b) => b.calls - a.calls), start, step };
}

function errors(traces) {
  const failed = traces.flatMap((trace) =>
    trace.spans
      .filter(
        (span) => span.status === 'error' && span.attributes['error.type'],
      )
      .map((span) => ({ span, trace })),
  );
  return [
    ...group(
      failed,
      ({ span, trace }) =>
        `${span.attributes['error.type']} ${span.name} ${trace.lanes[span.lane].service}`,
    ).values(),
  ]
    .map((list) => {
      const newest = list.reduce((a, b) =>
        b.trace.startTime > a.trace.startTime ? b : a,
      );
      const stack = newest.span.events[0]?.attributes['exception.stacktrace'];
      return {
        errorType: newest.span.attributes['error.type'],
        place: newest.span.name,
        service: newest.trace.lanes[newest.span.lane].service,
        count: list.length,
        firstSeen: list.reduce(
          (min, { trace }) => Math.min(min, trace.startTime),
          Infinity,
        ),
        lastSeen: newest.trace.startTime,
        example: {
          message: newest.span.statusMessage ?? '',
          ...(stack ? { stack } : {}),
          traceId: newest.trace.traceId,
          spanId: newest.span.spanId,
        },
      };
    })
    .sort((a, b) => b.lastSeen - a.lastSeen);
}

const SEVERITIES = [
  'unspecified',
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
];

function logsOf(traces, query) {
  const least = SEVERITIES.indexOf(query.get('severity') ?? 'unspecified');
  const words = (query.get('search') ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean);
  return traces
    .flatMap(({ logs }) => logs)
    .filter(
      ({ severity, body, service }) =>
        SEVERITIES.indexOf(severity) >= least &&
        words.every((word) => body.toLowerCase().includes(word)) &&
        (!query.get('service') || query.get('service') === service),
    )
    .sort((a, b) => b.time - a.time)
    .map((log, index, all) => ({ ...log, id: all.length - index }));
}

function patterns(logs) {
  const items = [
    ...group(
      logs,
      ({ body, service }) => `${service} ${body.replace(/m-\d+|\d+/g, '<*>')}`,
    ).values(),
  ].map((list) => ({
    pattern: list[0].body.replace(/m-\d+|\d+/g, '<*>'),
    count: list.length,
    severity: list[0].severity,
    service: list[0].service,
    example: list[0],
  }));
  return {
    items: items.sort((a, b) => b.count - a.count),
    records: logs.length,
  };
}

const metric = (
  name,
  kind,
  unit,
  description,
  attributes,
  monotonic = false,
) => ({
  name,
  description,
  unit,
  kind,
  monotonic,
  services: name.startsWith('http') ? ['relay'] : ['messenger'],
  series: attributes.length ? 7 : 1,
  points: 1680,
  attributes,
  lastTime: NOW - 4000,
});

const METRICS = [
  metric('rpc.server.call.duration', 'histogram', 's', 'Duration of invokes.', [
    'rpc.method',
    'error.type',
  ]),
  metric(
    'tauri.invoke.response.size',
    'histogram',
    'By',
    'Size of the responses of invokes.',
    ['rpc.method'],
  ),
  metric('tauri.invoke.active', 'sum', '{invoke}', 'Invokes that run.', []),
  metric(
    'process.memory.usage',
    'gauge',
    'By',
    'The resident memory of the process.',
    ['process.pid'],
  ),
  metric(
    'process.cpu.time',
    'sum',
    's',
    'CPU seconds of the process.',
    ['cpu.mode'],
    true,
  ),
  metric(
    'http.server.request.duration',
    'exponentialHistogram',
    's',
    'Duration of HTTP server requests.',
    ['http.route'],
  ),
  metric(
    'messages.sent',
    'sum',
    '{message}',
    'Messages that were sent.',
    ['room'],
    true,
  ),
  metric(
    'webview.long_tasks',
    'sum',
    '{task}',
    'Tasks of a page longer than 50 ms.',
    ['tauri.window.label'],
    true,
  ),
  metric('sensor.temperature', 'gauge', 'Cel', 'Read now and then.', []),
];

function series(name) {
  const info = METRICS.find((one) => one.name === name) ?? METRICS[0];
  const next = random(name.length);
  const count = 120;
  const step = 20;
  // Points that are further apart than two steps.
  const every = name === 'sensor.temperature' ? 3 : 1;
  const times = Array.from(
    { length: count },
    (_, index) => NOW - (count - index) * step * 1000,
  );
  const distribution = info.kind.toLowerCase().includes('histogram');
  const labels = info.attributes.length
    ? ['list_messages', 'send_message', 'search_messages', 'load_avatar']
    : [''];
  const base = info.unit === 'By' ? 90_000_000 : info.unit === 's' ? 0.002 : 6;
  return {
    metric: info,
    shows: distribution ? 'p95' : info.monotonic ? 'rate' : 'value',
    step,
    times,
    series: labels.map((label, line) => {
      let value = base * (1 + line * 0.5);
      return {
        labels: label ? { [info.attributes[0]]: label } : {},
        service: info.services[0],
        values: times.map((_, index) => {
          value +=
            value * (next() - 0.5) * 0.14 +
            (base * (1 + line * 0.5) - value) * 0.05;
          // The viewer was closed for a while.
          return (index > 52 && index < 60) || index % every ? null : value;
        }),
      };
    }),
    moreSeries: info.attributes.length ? 3 : 0,
    ...(distribution
      ? {
          heatmap: {
            bounds: [
              0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
              0.1,
            ],
            counts: times.map((_, index) =>
              Array.from({ length: 11 }, (_, bucket) => {
                if (index > 52 && index < 60) return 0;
                const hump =
                  Math.exp(-((bucket - 2.4 - Math.sin(index / 16)) ** 2) / 2) *
                  40;
                const second =
                  index > 70 && index < 86
                    ? Math.exp(-((bucket - 7) ** 2)) * 22
                    : 0;
                return Math.floor((hump + second) * (0.5 + next()));
              }),
            ),
          },
          exemplars: Array.from({ length: 24 }, () => ({
            time: times[Math.floor(next() * count)],
            value: 0.0003 + next() ** 3 * 0.04,
            traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
            attributes: {},
          })),
        }
      : { exemplars: [] }),
  };
}

function map(traces) {
  const nodes = new Map();
  const edges = new Map();
  for (const trace of traces) {
    const byId = new Map(trace.spans.map((span) => [span.spanId, span]));
    for (const span of trace.spans) {
      const lane = trace.lanes[span.lane];
      const node = nodes.get(lane.label) ?? {
        id: lane.label,
        ...lane,
        spans: 0,
        errors: 0,
      };
      node.spans += 1;
      node.errors += span.status === 'error' ? 1 : 0;
      nodes.set(lane.label, node);
      const parent = byId.get(span.parentSpanId);
      if (!parent || parent.lane === span.lane) continue;
      const from = trace.lanes[parent.lane].label;
      const key = `${from} ${lane.label}`;
      const edge = edges.get(key) ?? {
        from,
        to: lane.label,
        calls: 0,
        errors: 0,
        durations: [],
      };
      edge.calls += 1;
      edge.errors += span.status === 'error' ? 1 : 0;
      edge.durations.push(span.duration);
      edges.set(key, edge);
    }
  }
  return {
    traces: traces.length,
    nodes: [...nodes.values()],
    edges: [...edges.values()].map(({ durations, ...edge }) => {
      durations.sort((a, b) => a - b);
      return {
        ...edge,
        p50: quantile(durations, 0.5),
        p95: quantile(durations, 0.95),
      };
    }),
  };
}

function runs(state) {
  const run = (id, name, hours, minutes, spans, current) => ({
    id,
    name,
    startedAt: NOW - hours * 3_600_000 - 2_400_000,
    ...(current
      ? {}
      : { endedAt: NOW - hours * 3_600_000 - 2_400_000 + minutes * 60_000 }),
    bytes: spans * 212,
    spans,
    pinned: state.pinned.has(id),
    current,
  });
  return [
    run('r4', 'messenger', 0, 40, 58_212, true),
    run('r3', 'messenger', 2, 34, 6120, false),
    run('r2', 'before the cache', 5, 61, 9411, false),
    run('r1', 'bug report of Bob.jsonl', 26, 3, 311, false),
    run('r0', 'logs of Bob.jsonl', 27, 3, 0, false),
  ];
}

function comparison(traces) {
  const rows = commands(traces).items;
  const changes = [
    'slower',
    'faster',
    'moreErrors',
    'new',
    'gone',
    'same',
    'same',
    'same',
  ];
  const items = rows.map(
    ({ command, service, calls, p50, p95, errors }, index) => {
      const change = changes[Math.min(index, changes.length - 1)];
      const factor =
        change === 'slower' ? 0.55 : change === 'faster' ? 1.8 : 0.98;
      const b = { calls, p50, p95, errors };
      const a = {
        calls: Math.round(calls * 1.1),
        p50: Math.round(p50 * factor),
        p95: Math.round(p95 * factor),
        errors: change === 'moreErrors' ? 0 : errors,
      };
      return {
        operation: command,
        service,
        change,
        ...(change === 'new' ? {} : { a }),
        ...(change === 'gone' ? {} : { b }),
        ...(change === 'same'
          ? {
              durationPValue: 0.41,
              statement: 'no difference beyond noise (p = 0.41)',
            }
          : change === 'slower'
            ? {
                durationPValue: 0.0004,
                statement: 'slower by more than noise (p < 0.001)',
              }
            : change === 'faster'
              ? {
                  durationPValue: 0.002,
                  statement: 'faster by more than noise (p = 0.002)',
                }
              : change === 'moreErrors'
                ? {
                    errorPValue: 0.01,
                    statement: 'fails more often by more than noise (p = 0.01)',
                  }
                : {
                    statement:
                      change === 'new'
                        ? 'only in the second run'
                        : 'only in the first run',
                  }),
      };
    },
  );
  return {
    items,
    statement:
      '1 command is slower and 1 faster by more than noise; 1 fails more often; 1 is new and 1 is gone.',
  };
}

function status(state, query) {
  const all = [...state.traces.values()];
  const spans = all.reduce((sum, { spans }) => sum + spans.length, 0);
  return {
    version: '0.1.0',
    now: NOW,
    run: runs(state).find(({ id }) => id === (query.get('run') ?? 'r4')),
    receiver: { http: 'http://127.0.0.1:4318', grpc: 'http://127.0.0.1:4317' },
    counts: {
      traces: all.length,
      spans,
      errors: all.reduce((sum, { errors }) => sum + errors, 0),
      logs: all.reduce((sum, { logs }) => sum + logs.length, 0),
      metricPoints: 13_440,
    },
    firstTime: NOW - 2_400_000,
    lastTime: NOW,
    bytes: 21_480_112,
    limitBytes: 1 << 30,
    pruned: {
      traces: 212,
      spans: 3104,
      logs: 1630,
      metricPoints: 0,
      before: NOW - 2_400_000,
    },
    lost: {
      refusedRequests: 0,
      rejectedItems: 2,
      unwrittenItems: 0,
      droppedBySenders: 12,
    },
    services: ['beaver', 'messenger', 'messenger-bob', 'relay'],
    windows: ['main', 'settings'],
    commands: [...new Set(invokesOf(all).map(({ command }) => command))].sort(),
    messages: [],
  };
}
