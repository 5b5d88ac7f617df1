// Drives the page in Chromium on the kernel that the plugin injects, with what stands in for Tauri below it. The transport
// is that of messages: the kernel sees no `fetch`, so every trace is continued by `pagespan` alone.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { launch } from '../../../../tests/browser/launch.mjs';

const [folder, what = 'check'] = process.argv.slice(2);
const kernel = readFileSync('plugin/runtime.js', 'utf8');

/** Runs in the page before its scripts. */
function standInForTauri() {
  window.batches = [];
  window.invokes = [];
  window.__TAURI_INTERNALS__ = {
    convertFileSrc: (path, protocol) => `${protocol}://localhost/${path}`,
    async invoke(command, args, options) {
      if (command === 'plugin:opentelemetry|log_trace_span') {
        window.batches.push(window.structuredClone(args));
        return null;
      }
      window.invokes.push({ command, args, headers: options?.headers });
      if (command === 'fail') throw 'no such note';
      return { id: 7 };
    },
  };
}

const RUNTIME_CONFIG = {
  invokeKey: 'key',
  ratio: 1,
  commands: [],
  transport: 'message',
};

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
    response.end(
      '<!doctype html><script type="module">import init from "./page.js"; await init({ module_or_path: "./page_bg.wasm" });</script>',
    );
    return;
  }
  try {
    response.end(readFileSync(join(folder, path)));
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/`;
const browser = await launch();

/** A page that has started, with the kernel or without. */
async function open(withKernel) {
  const page = await browser.newPage();
  await page.addInitScript(standInForTauri);
  if (withKernel) {
    await page.addInitScript(
      `{const RUNTIME_CONFIG=${JSON.stringify(RUNTIME_CONFIG)};${kernel}}`,
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

async function check() {
  const page = await open(true);
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
  });
  const around = (await sent(page)).spans.filter(
    ({ name }) => name === 'around',
  );
  assert.equal(around[0].parentSpanId, '2'.repeat(16));
  assert.equal(around[0].traceId, '1'.repeat(32));
  assert.equal(await page.evaluate(() => window.seen.spanId), around[1].spanId);

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

  // Without the kernel the commands still run.
  const off = await open(false);
  assert.equal(
    await off.evaluate(() => window.page.click('a')),
    '7 no such note',
  );
  assert.equal(await off.evaluate(() => window.invokes[0].headers), undefined);
}

/** Nanoseconds per span, and the longest task of 10 000 of them. */
async function bench() {
  for (const withKernel of [false, true]) {
    const page = await open(withKernel);
    const [perSpan, task] = await page.evaluate(async () => {
      const runs = [];
      for (let run = 0; run < 30; run++) {
        const start = window.performance.now();
        window.page.spans(10_000);
        runs.push(window.performance.now() - start);
        await window.__TAURI_OPENTELEMETRY__?.flush();
        await new Promise((resolve) => window.setTimeout(resolve, 20));
      }
      runs.sort((a, b) => a - b);
      return [(runs[15] / 10_000) * 1e6, runs[15]];
    });
    console.log(
      `${withKernel ? 'with' : 'without'} the kernel: ${perSpan.toFixed(0)} ns per span, ${task.toFixed(1)} ms for 10000`,
    );
  }
}

try {
  await { check, bench }[what]();
} finally {
  await browser.close();
  server.close();
}
