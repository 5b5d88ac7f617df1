import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import { build, createServer } from 'vite';
import {
  afterEach,
  beforeEach,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import webpack from 'webpack';
import opentelemetry, * as plugins from '../vite/index.js';

/** A text of the runtime that rewritten code imports. */
const RUNTIME = '__TAURI_OPENTELEMETRY__';
const SCRIPT = 'export const main = async (load) => 1 + (await load());';

// From here the package cannot be resolved, as from another package of a workspace.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'opentelemetry-bundlers-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function expectRewritten(code: string | undefined): void {
  expect(code).toContain(RUNTIME);
  expect(code).toMatch(/try ?\{[^]*await[^]*finally/);
}

test('Vite, with TypeScript and JSX', async () => {
  const input = write(
    'main.tsx',
    `export async function Main({ load }: { load: () => Promise<number> }) {
       const n: number = await load();
       return <p>{n}</p>;
     }`,
  );
  const result = await build({
    root: folder,
    logLevel: 'silent',
    configFile: false,
    plugins: [opentelemetry()],
    build: {
      write: false,
      minify: false,
      lib: { entry: input, formats: ['es'] },
      rollupOptions: { external: /^react/ },
    },
  });
  const [bundle] = result as Extract<typeof result, unknown[]>;
  expectRewritten(bundle?.output[0].code);
});

test.each([
  ['classic', false],
  ['ignore', false],
  ['module', true],
])('a worker of the type %s, as Vite serves it', async (type, isRewritten) => {
  write('worker.js', 'onmessage = async () => postMessage(await 1);');
  const server = await createServer({
    root: folder,
    logLevel: 'silent',
    configFile: false,
    plugins: [opentelemetry()],
    server: { middlewareMode: true, ws: false, watch: null },
  });
  onTestFinished(() => server.close());
  const url = `/worker.js?worker_file&type=${type}`;
  const { code } = (await server.transformRequest(url)) ?? {};
  expect(code).toContain('postMessage');
  expect(code?.includes('__otelFrame')).toBe(isRewritten);
});

test('Rollup', async () => {
  const bundle = await rollup({
    input: write('main.js', SCRIPT),
    plugins: [plugins.rollup()],
  });
  const { output } = await bundle.generate({ format: 'es' });
  expectRewritten(output[0].code);
});

test('esbuild', async () => {
  const { outputFiles } = await esbuild.build({
    entryPoints: [write('main.js', SCRIPT)],
    bundle: true,
    format: 'esm',
    write: false,
    plugins: [plugins.esbuild()],
  });
  expectRewritten(outputFiles[0]?.text);
});

test('esbuild, with a plugin for components, and TypeScript, which both stay as they are', async () => {
  write('App.svelte', '{#await load()}<p>{1 < 2}</p>{/await}');
  const main = 'export { main } from "./App.svelte"; await (1 as number);';
  const { warnings, outputFiles } = await esbuild.build({
    entryPoints: [write('main.ts', main)],
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'silent',
    plugins: [
      plugins.esbuild(),
      {
        name: 'svelte',
        setup: (build) =>
          build.onLoad({ filter: /\.svelte$/ }, () => ({ contents: SCRIPT })),
      },
    ],
  });
  expect(warnings).toEqual([]);
  expect(outputFiles[0]?.text).not.toContain(RUNTIME);
});

test('webpack', async () => {
  const compiler = webpack({
    mode: 'development',
    devtool: false,
    context: folder,
    entry: write('main.js', SCRIPT),
    output: { path: folder, filename: 'out.js' },
    plugins: [plugins.webpack()],
  });
  const stats = await new Promise<webpack.Stats | undefined>(
    (resolve, reject) =>
      compiler?.run((error, result) =>
        error ? reject(error) : resolve(result),
      ),
  );
  expect(stats?.compilation.errors).toEqual([]);
  expectRewritten(readFileSync(join(folder, 'out.js'), 'utf8'));
});

test('a dependency stays as it is, and so does what is no JavaScript, with a warning', async () => {
  const warnings: string[] = [];
  const typed = 'export const a: number = await (1 as number);';
  const bundle = await rollup({
    input: write('main.ts', 'export * from "virtual:/node_modules/a/b.js";'),
    onwarn: ({ message }) => void warnings.push(message),
    plugins: [
      plugins.rollup(),
      {
        name: 'virtual',
        resolveId: (id) => (id.startsWith('virtual:') ? id : null),
        load: (id) => (id.startsWith('virtual:') ? SCRIPT : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'es' });
  expect(output[0].code).not.toContain(RUNTIME);
  expect(warnings).toEqual([]);
  await expect(
    rollup({
      input: write('typed.ts', typed),
      onwarn: ({ message }) => void warnings.push(message),
      plugins: [plugins.rollup()],
    }),
  ).rejects.toThrow();
  expect(warnings.join()).toContain('no JavaScript');
});

/** A text that each instrumentation has to itself. */
const OWN_TEXTS = {
  captureConsole: 'browser.console',
  captureErrors: 'unhandledrejection',
  captureLongTasks: 'browser.long_task',
  captureNavigation: 'browser.navigation',
  captureResources: 'browser.resource_timing',
  captureVisibility: 'browser.visibility',
  captureVitals: 'browser.web_vital',
  traceDocumentLoad: 'document load',
  traceFetch: 'new Request(',
  traceInteractions: 'app.widget.id',
  traceXhr: 'XMLHttpRequest',
} satisfies Record<
  keyof typeof import('../instrumentations.js'),
  string
> as Record<string, string>;

test.each(Object.keys(OWN_TEXTS))(
  'who imports %s gets no other instrumentation',
  async (name) => {
    const { outputFiles } = await esbuild.build({
      stdin: {
        contents: `export { ${name} } from './guest-js/instrumentations.js';`,
        resolveDir: '.',
      },
      bundle: true,
      format: 'esm',
      define: { VERSION: '""' },
      write: false,
    });
    const code = outputFiles[0]?.text ?? '';
    const found = Object.keys(OWN_TEXTS).filter((one) =>
      code.includes(OWN_TEXTS[one] as string),
    );
    expect(found).toEqual([name]);
  },
);
