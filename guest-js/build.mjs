// Builds what is checked in (the injected kernel, the script for `withGlobalTauri`) and the npm package.
// With `--package`, the package alone: that is what npm runs when it is installed from a checkout.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const packageOnly = process.argv.includes('--package');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

const common = {
  bundle: true,
  define: { VERSION: JSON.stringify(version) },
  target: 'es2020',
  logLevel: 'warning',
};
const script = { ...common, minify: true, format: 'iife' };

if (!packageOnly) {
  const forWebviews = {
    ...script,
    // The oldest webviews that tauri runs on.
    target: ['es2020', 'safari14'],
    // Safari 14 fails only in corners of it, such as parameters that defaults refer to.
    supported: { destructuring: true },
  };
  await build({
    ...forWebviews,
    entryPoints: ['guest-js/kernel/main.ts'],
    outfile: 'plugin/kernel.js',
  });
  await build({
    ...forWebviews,
    entryPoints: ['guest-js/instrumentations/main.ts'],
    outfile: 'plugin/instrumentations.js',
  });
  await build({
    ...forWebviews,
    entryPoints: ['guest-js/globalApi.ts'],
    outfile: 'api-iife.js',
  });
}

rmSync('dist-js', { recursive: true, force: true });

/** The entry points of the package, as `exports` of package.json has them. */
const entryPoints = {
  index: 'guest-js/index.ts',
  consent: 'guest-js/consent/index.ts',
  instrumentations: 'guest-js/instrumentations.ts',
  events: 'guest-js/events.ts',
  vite: 'guest-js/vite/index.ts',
  await: 'guest-js/await.ts',
  otel: 'guest-js/otel.ts',
  spans: 'guest-js/spans.ts',
  testing: 'guest-js/testing.ts',
  'ws-bridge': 'guest-js/ws-bridge.ts',
  playwright: 'guest-js/playwright/index.ts',
};
const { outputFiles } = await build({
  ...common,
  entryPoints,
  format: 'esm',
  outdir: 'dist-js',
  // What several entry points need is there once.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  packages: 'external',
  write: false,
});
mkdirSync('dist-js/chunks', { recursive: true });
for (const { path, text } of outputFiles) {
  // esbuild keeps the order of modules by imports of nothing. Ours have no side effects, and the bundlers of apps
  // warn about such an import of them.
  writeFileSync(path, text.replace(/^import "[^"]+";\n/gm, ''));
}
await build({
  ...script,
  // For the browsers of tests, not for webviews.
  entryPoints: ['guest-js/wsBridge/main.ts'],
  outfile: 'dist-js/ws-bridge.iife.js',
});

// The types of each entry point in one file, so that nothing can be imported that is not exported.
const types = await rollup({
  input: entryPoints,
  // Types of other packages stay theirs.
  external: /^[^./]/,
  plugins: [dts({ tsconfig: 'tsconfig.build.json' })],
});
await types.write({
  dir: 'dist-js',
  entryFileNames: '[name].d.ts',
  chunkFileNames: 'chunks/[name]-[hash].d.ts',
});
await types.close();
