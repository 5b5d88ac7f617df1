// Drives the page in Chromium on the kernel that the plugin injects, with what stands in for Tauri below it. The transport
// is that of messages: the kernel sees no `fetch`, so every trace is continued by `pagespan` alone.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { launch } from '../../../../tests/browser/launch.mjs';

const [folder, what = 'check'] = process.argv.slice(2);
const KERNEL = readFileSync('plugin/kernel.js', 'utf8');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Runs in the page before its scripts: counts the calls from Rust to JavaScript. */
function countCalls() {
  window.calls = 0;
  const { instantiate } = window.WebAssembly;
  window.WebAssembly.instantiateStreaming = async (source, imports) => {
    for (const functions of Object.values(imports)) {
      for (const [name, call] of Object.entries(functions)) {
        if (typeof call !== 'function') continue;
        functions[name] = (...args) => {
          window.calls++;
          return call(...args);
        };
      }
    }
    return instantiate(await (await source).arrayBuffer(), imports);
  };
}

/** Runs in the page before its scripts. */
function standInForTauri() {
  window.batches = [];
  window.invokes = [];
  window.warnings = [];
  window.console.warn = (text) => window.warnings.push(text);
  const { fetch } = window;
  window.fetch = async (url, init) => {
    if (!String(url).startsWith('ipc:')) return fetch(url, init);
    window.fetchHeaders = init.headers;
    return new window.Response('null');
  };
  window.__TAURI_INTERNALS__ = {
    convertFileSrc: (path, protocol) => `${protocol}://localhost/${path}`,
    async invoke(command, args, options) {
      if (command === 'plugin:opentelemetry|log_trace_span') {
        window.batches.push(window.structuredClone(args));
        return null;
      }
      if (command === 'by_fetch') {
        return window.fetch(`ipc://localhost/${command}`, { headers: {} });
      }
      window.invokes.push({ command, args, headers: options?.headers });
      if (command === 'fail') throw 'no such note';
      return { id: 7 };
    },
  };
}

const KERNEL_CONFIG = {
  invokeKey: 'key',
  ratio: 1,
  commands: [],
  transport: 'message',
};

/** The script of the page and of its worker. */
const START = 'import init from "./page.js"; await init();';

const types = {
  html: 'text/html',
  js: 'text/javascript',
  wasm: 'application/wasm',
};
const server = createServer((request, response) => {
  const path = request.url === '/' ? '/index.html' : request.url;
  response.setHeader(
    'content-type',
    types[path.split('.').pop()] ?? 'text/plain',
  );
  if (path === '/index.html') {
    response.end(`<!doctype html><script type="module">${START}</script>`);
    return;
  }
  if (path === '/worker.js') return response.end(START);
  try {
    response.end(readFileSync(join(folder, path)));
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/`;
const browser = await launch();

/** A page that has started, with a kernel or without. */
async function open(kernel, ...scripts) {
  const page = await browser.newPage();
  for (const script of scripts) await page.addInitScript(script);
  await page.addInitScript(standInForTauri);
  if (kernel) {
    await page.addInitScript(
      `{const KERNEL_CONFIG=${JSON.stringify(KERNEL_CONFIG)};${kernel}}`,
    );
  }
  await page.goto(url);
  await page.waitForFunction(() => window.page);
  return page;
}

/** All that the page has sent. */
async function sent(page) {
  await page.evaluate(() => window.__TAURI_OPENTELEMETRY__.flush());
  const batches = await page.evaluate(() => window.batches);
  const all = (signal) => batches.flatMap((batch) => batch[signal] ?? []);
  const spans = all('spans');
  return {
    spans,
    logs: all('logs'),
    metrics: all('metrics'),
    scopes: batches[0].scopes,
    span(name, count = 1) {
      const named = spans.filter((span) => span.name === name);
      assert.equal(
        named.length,
        count,
        `spans ${name}: ${JSON.stringify(spans)}`,
      );
      return named[0];
    },
  };
}

/** Runs in the page after the kernel and before `pagespan`: another that knows the context of the running code. */
const OUTER_SOURCE =
  'window.__TAURI_OPENTELEMETRY__.setContextSource(() => window.outer);';

async function check() {
  const page = await open(KERNEL + OUTER_SOURCE, countCalls);
  // Two at once, so that a context that leaks across an await is seen.
  const answers = await page.evaluate(() =>
    Promise.all([window.page.click('a'), window.page.click('b')]),
  );
  assert.deepEqual(answers, ['7 no such note', '7 no such note']);
  const { spans, logs, metrics, scopes } = await sent(page);
  const invokes = await page.evaluate(() => window.invokes);
  assert.deepEqual(
    scopes.map(({ name }) => name),
    ['pagespan'],
  );
  for (const name of ['a', 'b']) {
    const of = (spanName) =>
      spans.find(
        (span) =>
          span.name === spanName && span.attributes?.name?.includes(name),
      );
    const click = of('click');
    const save = of('save');
    assert.equal(click.parentSpanId, undefined);
    assert.equal(click.scope, 0);
    assert.equal(save.parentSpanId, click.spanId);
    assert.equal(save.traceId, click.traceId);
    assert.equal(save.kind, 'client');
    const invoke = spans.find((span) => span.parentSpanId === save.spanId);
    assert.equal(invoke.name, 'save_note');
    const seen = invokes.find(({ args }) => args.noteText === name);
    assert.equal(
      seen.headers.traceparent,
      `00-${click.traceId}-${invoke.spanId}-01`,
    );
    const failed = spans.find(
      (span) => span.name === 'fail' && span.parentSpanId === click.spanId,
    );
    assert.equal(failed.attributes['error.type'], 'error');
    const log = logs.find((record) => record.body === `clicked ${name}`);
    assert.equal(log.spanId, click.spanId);
    assert.equal(log.attributes.target, 'page::page');
    assert.equal(log.severity, 13);
    assert.ok(Math.abs(log.time - Date.now()) < 60_000);
    const { value, kind } = metrics.find(
      ({ attributes }) => attributes.name === name,
    );
    assert.deepEqual({ value, kind }, { value: 1, kind: 'counter' });
  }
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);

  // What is active in JavaScript is the parent in Rust, and the other way round.
  await page.evaluate(() => {
    const kernel = window.__TAURI_OPENTELEMETRY__;
    const context = {
      traceId: '1'.repeat(32),
      spanId: '2'.repeat(16),
      traceFlags: 1,
    };
    const before = kernel.setActive({ spanContext: () => context });
    window.page.within(() => {});
    kernel.setActive(before);
    window.page.within(() => (window.seen = kernel.active().spanContext()));
    window.outer = `00-${'3'.repeat(32)}-${'4'.repeat(16)}-01`;
    window.page.within(() => {});
    window.outer = undefined;
  });
  const around = (await sent(page)).spans.filter(
    ({ name }) => name === 'around',
  );
  assert.equal(around[0].parentSpanId, '2'.repeat(16));
  assert.equal(around[0].traceId, '1'.repeat(32));
  assert.equal(await page.evaluate(() => window.seen.spanId), around[1].spanId);
  // So is what was asked for the context before `pagespan` was.
  assert.equal(around[2].parentSpanId, '4'.repeat(16));
  assert.equal(around[2].traceId, '3'.repeat(32));

  // A binding that knows nothing of the crate, such as `tauri-sys`, calls Tauri, which calls `fetch`.
  await page.evaluate(() => window.page.foreign());
  const foreign = await sent(page);
  const ofOther = foreign.span('by_fetch');
  assert.equal(ofOther.parentSpanId, foreign.span('foreign').spanId);
  assert.equal(
    await page.evaluate(() => window.fetchHeaders.traceparent),
    `00-${ofOther.traceId}-${ofOther.spanId}-01`,
  );

  // A panic arrives, and leaves no span entered behind.
  await page.evaluate(() => {
    try {
      window.page.crash();
    } catch {
      // The trap of WebAssembly.
    }
  });
  const exception = (await sent(page)).logs.find(
    ({ eventName }) => eventName === 'exception',
  );
  assert.equal(exception.attributes['exception.message'], 'as asked');
  assert.match(exception.attributes['exception.stacktrace'], /wasm/);
  assert.match(exception.spanId, /^[\da-f]{16}$/);
  assert.equal(
    await page.evaluate(() => window.__TAURI_OPENTELEMETRY__.active()),
    undefined,
  );

  // A span asks for the time twice. Entering it calls no JavaScript, however often.
  const callsFor = (kind, count) =>
    page.evaluate(
      ([kind, count]) => {
        const before = window.calls;
        window.page[kind](count);
        return window.calls - before;
      },
      [kind, count],
    );
  const ofTen = await callsFor('plain', 10);
  assert.equal(await callsFor('plain', 110), ofTen + 200);
  assert.equal(await callsFor('enter', 1000), await callsFor('enter', 1));

  await checkWorker(page);

  // Spans that are open when the page is left.
  await page.evaluate(() => {
    window.page.open();
    window.dispatchEvent(new window.Event('pagehide'));
    window.dispatchEvent(new window.Event('pagehide'));
    window.dispatchEvent(new window.Event('pageshow'));
  });
  const left = await sent(page);
  const open_ = left.span('open');
  assert.deepEqual(open_.attributes, {
    target: 'page::page',
    'span.unfinished': true,
    number: 7,
  });
  assert.equal(left.span('open below').parentSpanId, open_.spanId);

  await checkVersions();

  // Without the kernel the commands still run.
  const off = await open();
  assert.equal(
    await off.evaluate(() => window.page.click('a')),
    '7 no such note',
  );
  assert.equal(await off.evaluate(() => window.invokes[0].headers), undefined);
}

/** A worker's spans arrive by a port, below the span that has sent it a message. */
async function checkWorker(page) {
  await page.evaluate(async () => {
    const worker = new window.Worker('worker.js', { type: 'module' });
    const answer = () =>
      new Promise((resolve) => (worker.onmessage = () => resolve()));
    await answer();
    const { port1, port2 } = new window.MessageChannel();
    window.page.receive(port1);
    const connected = answer();
    worker.postMessage(port2, [port2]);
    await connected;
    const handled = answer();
    window.page.send(worker);
    await handled;
  });
  // By the port, which may be later than the answer.
  let received;
  do received = await sent(page);
  while (!received.logs.some(({ body }) => body === 'of the worker'));
  const sender = received.span('send');
  const handle = received.span('handle');
  assert.equal(handle.parentSpanId, sender.spanId);
  assert.equal(handle.traceId, sender.traceId);
  assert.equal(handle.scope, 0);
  assert.ok(Math.abs(handle.startTime - Date.now()) < 60_000);
  const log = received.logs.find(({ body }) => body === 'of the worker');
  assert.equal(log.spanId, handle.spanId);
  const own = received.span('own trace');
  assert.equal(own.parentSpanId, undefined);
  assert.notEqual(own.traceId, sender.traceId);
}

/** A kernel of another version gets nothing, and the console says why. */
async function checkVersions() {
  const page = await open(KERNEL.replace(`"${version}"`, '"9.9.9"'));
  assert.equal(
    await page.evaluate(() => window.page.click('a')),
    '7 no such note',
  );
  await page.evaluate(() => window.__TAURI_OPENTELEMETRY__.flush());
  const [batches, warnings] = await page.evaluate(() => [
    window.batches,
    window.warnings,
  ]);
  assert.deepEqual(batches, []);
  assert.equal(warnings.length, 1);
  for (const named of ['pagespan', version, '9.9.9']) {
    assert.ok(warnings[0].includes(named), warnings[0]);
  }
}

/** What spans cost: making them, and handing them over. */
async function bench() {
  for (const kernel of [undefined, KERNEL]) {
    const page = await open(kernel);
    console.log(`${kernel ? 'with' : 'without'} the kernel`);
    for (const kind of ['plain', 'fields', 'roots']) {
      const { made, handed } = await page.evaluate(measure, kind);
      console.log(
        `  ${kind}: ${made.toFixed(2)} µs for a span, ${handed.toFixed(2)} to hand it over`,
      );
    }
    const { task, longTasks } = await page.evaluate(measureTask);
    console.log(
      `  10000 spans in one task: ${task.toFixed(1)} ms; long tasks: ${longTasks}`,
    );
  }
}

/** Runs in the page: microseconds, medians of groups, because the clock of a page is coarse. */
async function measure(kind) {
  // Fewer than a full queue, which would be handed over meanwhile.
  const SPANS = 500;
  const { performance, page, setTimeout } = window;
  const made = [];
  const handed = [];
  for (let group = 0; group < 15; group++) {
    let [making, handing] = [0, 0];
    for (let run = 0; run < 20; run++) {
      const start = performance.now();
      page[kind](SPANS);
      const middle = performance.now();
      // The queue is emptied in a microtask.
      await undefined;
      handing += performance.now() - middle;
      making += middle - start;
      await window.__TAURI_OPENTELEMETRY__?.flush();
      await new Promise((resolve) => setTimeout(resolve));
    }
    made.push((making * 1000) / 20 / SPANS);
    handed.push((handing * 1000) / 20 / SPANS);
    window.batches.length = 0;
  }
  const median = (values) => values.sort((a, b) => a - b)[7];
  return { made: median(made), handed: median(handed) };
}

/** Runs in the page: the longest of some tasks with 10 000 spans, and how many tasks were longer than 50 ms. */
async function measureTask() {
  const { performance, page, setTimeout } = window;
  let longTasks = 0;
  const observer = new window.PerformanceObserver(
    (list) => (longTasks += list.getEntries().length),
  );
  observer.observe({ type: 'longtask' });
  let task = 0;
  for (let run = 0; run < 10; run++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const start = performance.now();
    page.plain(10_000);
    await undefined;
    task = Math.max(task, performance.now() - start);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { task, longTasks };
}

try {
  await { check, bench }[what]();
} finally {
  await browser.close();
  server.close();
}
