// Builds what is checked in (the injected runtime, the script for `withGlobalTauri`) and the npm package.
// With `--package`, the package alone: that is what npm runs when it is installed from a checkout.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const packageOnly = process.argv.includes('--package');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

const common = {
  bundle: true,
  define: { VERSION: JSON.stringify(version) },
  target: 'es2020',
  logLevel: 'warning',
};
const script = { ...common, minify: true, format: 'iife' };
const modules = { ...common, format: 'esm' };

if (!packageOnly) {
  // The oldest webviews that tauri runs on.
  const target = ['es2020', 'safari14'];
  // Safari 14 fails only in corners of it, such as parameters that defaults refer to.
  const supported = { destructuring: true };
  await build({
    ...script,
    target,
    supported,
    entryPoints: ['guest-js/kernel/main.ts'],
    outfile: 'plugin/runtime.js',
  });
  await build({
    ...script,
    target,
    supported,
    entryPoints: ['guest-js/globalApi.ts'],
    outfile: 'api-iife.js',
  });
}

rmSync('dist-js', { recursive: true, force: true });
await build({
  ...modules,
  entryPoints: ['guest-js/index.ts', 'guest-js/ws-bridge.ts'],
  outdir: 'dist-js',
  // What several entry points need is loaded once.
  splitting: true,
  chunkNames: 'chunks/[hash]',
});
await build({
  ...modules,
  entryPoints: ['guest-js/playwright/index.ts'],
  platform: 'node',
  outfile: 'dist-js/playwright.js',
});
await build({
  ...script,
  // For the browsers of tests, not for webviews.
  entryPoints: ['guest-js/wsBridge/main.ts'],
  outfile: 'dist-js/ws-bridge.iife.js',
});
execFileSync(
  process.execPath,
  [
    'node_modules/typescript/bin/tsc',
    '--project',
    'tsconfig.build.json',
    '--emitDeclarationOnly',
  ],
  { stdio: 'inherit' },
);
