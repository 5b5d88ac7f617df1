// Builds what is checked in (the injected runtime, the script for `withGlobalTauri`) and the npm package.
// With `--package`, the package alone: that is what npm runs when it is installed from a checkout.

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const packageOnly = process.argv.includes('--package');

const script = {
  bundle: true,
  minify: true,
  format: 'iife',
  // The oldest webviews that tauri runs on.
  target: ['es2020', 'safari14'],
  // Properties that never leave the runtime are spelled with a trailing underscore.
  mangleProps: /[^_]_$/,
  logLevel: 'warning',
};

if (!packageOnly) {
  await build({
    ...script,
    entryPoints: ['guest-js/runtime/main.ts'],
    outfile: 'plugin/runtime.js',
  });
  await build({
    ...script,
    entryPoints: ['guest-js/globalApi.ts'],
    outfile: 'api-iife.js',
  });
}

rmSync('dist-js', { recursive: true, force: true });
const modules = {
  bundle: true,
  format: 'esm',
  target: 'es2020',
  logLevel: 'warning',
};
await build({
  ...modules,
  entryPoints: ['guest-js/index.ts', 'guest-js/ws-bridge.ts'],
  outdir: 'dist-js',
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
  target: 'es2020',
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
