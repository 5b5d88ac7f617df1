import { traceBuilder } from './traceBuilder.mjs';

const RESOURCE = {
  'service.version': '0.4.2',
  'os.type': 'linux',
  'host.arch': 'amd64',
  'process.runtime.name': 'rustc',
  'telemetry.sdk.language': 'rust',
  'session.id': '7f3c1a52-9c1e-4d8e-9f6e-2b8c1d0e4a77',
};

const rpc = (command, window, more = {}) => ({
  'rpc.system.name': 'tauri',
  'rpc.method': command,
  'tauri.window.label': window,
  'tauri.webview.label': window,
  ...more,
});

/** A click that sends a message: two windows' worth of invokes, a sidecar, a server and the desktop of the one who receives it. */
export function send(
  traceId,
  start,
  next,
  { fails = false, gap = false } = {},
) {
  const t = traceBuilder(traceId, start, next);
  const scale = 0.8 + next() * 0.9;
  const at = (value) => value * scale;
  const page = t.lane('page', 'page · main', 'messenger', RESOURCE);
  t.lane('ipc', 'ipc', 'messenger');
  const core = t.lane('core', 'core · messenger', 'messenger');
  const sidecar = t.lane('sidecar', 'sidecar · beaver', 'beaver', {
    'service.version': '1.2.0',
    'telemetry.sdk.language': 'python',
  });
  const server = t.lane('server', 'server · relay', 'relay', {
    'service.version': '2.11.0',
    'telemetry.sdk.language': 'nodejs',
    'host.name': 'relay-3',
  });
  const bob = t.lane('page', 'page · bob’s desktop', 'messenger-bob', RESOURCE);

  const click = t.span(page, undefined, 'click “Send”', 0, at(1180), {
    attributes: {
      'app.widget.id': 'send',
      'app.screen.name': 'conversation',
      'session.id': RESOURCE['session.id'],
    },
  });
  const client = t.span(page, click, 'send_message', at(14), at(640), {
    kind: 'client',
    status: fails ? 'error' : 'unset',
    attributes: rpc('send_message', 'main'),
  });
  const serve = t.span(core, client, 'send_message', at(66), at(534), {
    kind: 'server',
    status: fails ? 'error' : 'unset',
    attributes: rpc('send_message', 'main', {
      'tauri.invoke.request.size': 214,
      'tauri.invoke.response.size': 36,
      ...(fails ? { 'error.type': 'unreachable' } : {}),
    }),
  });
  const body = t.span(core, serve, 'run send_message', at(110), at(482), {
    attributes: {
      'code.function.name': 'messenger::commands::send_message',
      'code.file.path': 'src-tauri/src/commands.rs',
      'code.line.number': 48,
      'thread.name': 'tokio-runtime-worker',
    },
  });
  t.invoke('send_message', client, serve, body);
  t.span(core, body, 'validate', at(118), at(60));
  t.span(sidecar, body, 'pack', at(120), at(56), {
    attributes: { 'message.bytes': 2148, codec: 'zstd' },
  });
  const post = t.span(core, body, 'POST /messages', at(182), at(300), {
    kind: 'client',
    attributes: {
      'http.request.method': 'POST',
      'url.full': 'https://relay.example/messages',
      'http.response.status_code': fails ? 502 : 201,
      'network.protocol.version': '2',
    },
  });
  const relay = t.span(server, post, 'POST /messages', at(206), at(252), {
    kind: 'server',
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/messages',
      'http.response.status_code': fails ? 502 : 201,
    },
  });
  t.span(server, relay, 'INSERT messages', at(226), at(96), {
    kind: 'client',
    attributes: {
      'db.system.name': 'postgresql',
      'db.query.text':
        'INSERT INTO messages (id, room, body) VALUES ($1, $2, $3)',
    },
  });
  const push = t.span(server, relay, 'push bob', at(330), at(110), {
    kind: 'producer',
    ...(fails
      ? {
          status: 'error',
          statusMessage: 'bob is not connected',
          attributes: {
            'error.type': 'unreachable',
            'messaging.system': 'relay',
          },
          events: [
            {
              name: 'exception',
              offset: Math.round(at(420) * 1000),
              attributes: {
                'exception.type': 'PeerUnreachable',
                'exception.message': 'no socket for bob within 100 ms',
                'exception.stacktrace':
                  'PeerUnreachable: no socket for bob within 100 ms\n    at push (/srv/relay/push.js:41:11)\n    at async send (/srv/relay/send.js:18:3)',
              },
            },
          ],
        }
      : {
          attributes: {
            'messaging.system': 'relay',
            'messaging.destination.name': 'bob',
          },
        }),
  });
  t.span(core, body, 'INSERT outbox', at(490), at(90), {
    kind: 'client',
    attributes: { 'db.system.name': 'sqlite', 'db.operation.name': 'INSERT' },
  });
  if (!fails) {
    const received = t.span(bob, push, 'message received', at(470), at(330), {
      kind: 'consumer',
      links: [
        {
          traceId: '0'.repeat(30) + 'b0',
          spanId: '00000000000000b0',
          known: false,
          attributes: { 'messaging.message.id': 'm-4711' },
        },
      ],
    });
    t.span(bob, received, 'decrypt', at(520), at(120));
    t.span(bob, received, 'notify', at(660), at(80));
  }
  const list = t.span(page, click, 'list_messages', at(700), at(260), {
    kind: 'client',
    attributes: rpc('list_messages', 'main'),
  });
  const listed = t.span(core, list, 'list_messages', at(738), at(192), {
    kind: 'server',
    attributes: rpc('list_messages', 'main', {
      'tauri.invoke.request.size': 42,
      'tauri.invoke.response.size': 18_204,
    }),
  });
  const read = t.span(core, listed, 'run list_messages', at(748), at(170));
  t.invoke('list_messages', list, listed, read);
  t.span(core, read, 'SELECT messages', at(756), at(120), {
    kind: 'client',
    attributes: { 'db.system.name': 'sqlite', 'db.operation.name': 'SELECT' },
  });
  t.span(page, click, 'render', at(985), at(150));

  t.log(
    at(118),
    'debug',
    'messenger',
    'message m-4711 validated, 2148 bytes',
    body,
  );
  t.log(at(178), 'info', 'beaver', 'packed 2148 bytes into 812', body);
  t.log(at(322), 'info', 'relay', 'message m-4711 stored for room 12', relay);
  if (fails)
    t.log(at(430), 'error', 'relay', 'push bob: not connected', push, {
      'peer.name': 'bob',
    });
  else t.log(at(430), 'info', 'relay', 'pushed m-4711 to bob', push);
  t.log(at(580), 'info', 'messenger', 'relay accepted m-4711', body);
  t.log(at(930), 'debug', 'messenger', 'listed 50 messages', read);
  if (gap)
    t.gap({
      kind: 'dropped',
      offset: Math.round(at(962) * 1000),
      duration: Math.round(at(92) * 1000),
      count: 12,
      service: 'messenger',
      cause: '12 spans dropped: queue full',
    });
  return t.build();
}

/** One invoke of one window, with what its body does. */
export function call(
  traceId,
  start,
  next,
  command,
  window,
  steps,
  { fails = false, slow = 1 } = {},
) {
  const t = traceBuilder(traceId, start, next);
  const page = t.lane('page', `page · ${window}`, 'messenger', RESOURCE);
  t.lane('ipc', 'ipc', 'messenger');
  const core = t.lane('core', 'core · messenger', 'messenger');
  const total = (180 + next() * 220) * slow;
  const client = t.span(page, undefined, command, 0, total + 96, {
    kind: 'client',
    status: fails ? 'error' : 'unset',
    attributes: rpc(command, window),
  });
  const serve = t.span(core, client, command, 44, total + 18, {
    kind: 'server',
    status: fails ? 'error' : 'unset',
    ...(fails ? { statusMessage: 'database is locked' } : {}),
    attributes: rpc(command, window, {
      'tauri.invoke.request.size': Math.floor(next() * 900),
      'tauri.invoke.response.size': Math.floor(next() * 40_000),
      ...(fails ? { 'error.type': 'database_locked' } : {}),
    }),
  });
  const body = t.span(core, serve, `run ${command}`, 56, total);
  t.invoke(command, client, serve, body);
  let at = 60;
  for (const step of steps) {
    const took = ((total - 12) / steps.length) * (0.5 + next() * 0.5);
    t.span(core, body, step, at, took, { kind: 'client' });
    at += took + 2;
  }
  t.log(
    60,
    fails ? 'error' : 'info',
    'messenger',
    fails
      ? `${command}: database is locked`
      : `${command} done in ${Math.round(total)} µs`,
    body,
  );
  return t.build();
}

/** 50 000 spans: an archive that is imported in four workers, with a sidecar and a server beside them. */
export function archive(traceId, start, next, count = 50_000) {
  const t = traceBuilder(traceId, start, next);
  const page = t.lane('page', 'page · main', 'messenger', RESOURCE);
  t.lane('ipc', 'ipc', 'messenger');
  const core = t.lane('core', 'core · messenger', 'messenger');
  const sidecar = t.lane('sidecar', 'sidecar · beaver', 'beaver');
  const server = t.lane('server', 'server · relay', 'relay');
  const each = 420;
  const workers = 60;
  const rounds = Math.ceil(count / workers / 4);
  const total = rounds * each + 2000;
  const click = t.span(page, undefined, 'click “Import archive”', 0, total);
  const client = t.span(page, click, 'import_archive', 20, total - 60, {
    kind: 'client',
    attributes: rpc('import_archive', 'main'),
  });
  const serve = t.span(core, client, 'import_archive', 90, total - 200, {
    kind: 'server',
    attributes: rpc('import_archive', 'main'),
  });
  const body = t.span(core, serve, 'run import_archive', 140, total - 300);
  t.invoke('import_archive', client, serve, body);
  let left = count - 4;
  for (let worker = 0; worker < workers && left > 0; worker += 1) {
    const task = t.span(
      core,
      body,
      `worker ${worker}`,
      200 + worker * 3,
      total - 500 - worker * 3,
    );
    left -= 1;
    for (let round = 0; round < rounds && left >= 4; round += 1) {
      const at = 220 + worker * 3 + round * each;
      const length = each * (0.6 + next() * 0.35);
      const item = t.span(core, task, 'import message', at, length);
      t.span(core, item, 'parse', at + 4, length * 0.3);
      t.span(sidecar, item, 'unpack', at + 4 + length * 0.3, length * 0.2);
      const broken = next() < 0.001;
      t.span(
        worker % 3 ? core : server,
        item,
        broken ? 'store (conflict)' : 'store',
        at + 8 + length * 0.5,
        length * 0.45,
        broken ? { status: 'error', statusMessage: 'conflict' } : {},
      );
      left -= 4;
    }
  }
  return { ...t.build(), outline: true };
}

/** What somebody would send to get a script, a link or an image into the page. */
export const HOSTILE = [
  '<img src=x onerror="window.hacked=1">',
  '<script>window.hacked=1</script>',
  '"><svg onload=window.hacked=1>',
  "javascript:window.hacked=1//'",
  '{{constructor.constructor("window.hacked=1")()}}',
  '\u202Eevil\u202C \u0000\u0007 \u{1F4A9} e\u0301\u0301\u0301',
  '</textarea></style></title><iframe srcdoc="<script>parent.hacked=1</script>">',
];

export function hostile(traceId, start, next) {
  const t = traceBuilder(traceId, start, next);
  const [image, script, svg, url, template, marks, close] = HOSTILE;
  const page = t.lane('page', `page · ${image}`, image, {
    [script]: svg,
    'service.version': close,
  });
  const core = t.lane('core', `core · ${svg}`, script, { 'host.name': marks });
  const root = t.span(page, undefined, image, 0, 900, {
    kind: 'client',
    attributes: {
      [image]: script,
      href: url,
      'url.full': url,
      template,
      marks,
      list: [image, { [svg]: close }],
      none: null,
      constructor: 'own',
      __proto__x: 'y',
      long: 'x'.repeat(20_000),
    },
  });
  const serve = t.span(core, root, script, 100, 700, {
    kind: 'server',
    status: 'error',
    statusMessage: close,
    attributes: rpc(script, svg),
    events: [
      {
        name: image,
        offset: 300_000,
        attributes: { 'exception.stacktrace': script, 'exception.type': svg },
      },
    ],
    links: [
      {
        traceId: 'f'.repeat(32),
        spanId: 'f'.repeat(16),
        known: true,
        attributes: { [url]: image },
      },
    ],
  });
  const body = t.span(core, serve, svg, 150, 600);
  t.invoke(script, root, serve, body);
  HOSTILE.forEach((text, index) =>
    t.log(200 + index, 'error', script, text, body, { [text]: text }),
  );
  t.gap({
    kind: 'dropped',
    offset: 500_000,
    duration: 90_000,
    count: 3,
    service: image,
    cause: `3 spans dropped: ${image}`,
  });
  return t.build();
}
