// The budgets in bytes, minified: the runtime is read by every page, the package is bundled into apps.

import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { minifiedSize } from './minifiedSize.mjs';

const BUDGETS = [
  ['the injected runtime', 'plugin/runtime.js', 8192],
  ['the npm package', 'api-iife.js', 8192],
  ['the injected instrumentations', 'plugin/instrumentations.js', 26 * 1024],
];

/** All that a page can load, gzipped: the runtime, and a bundle of the package with every instrumentation. */
const EVERYTHING = 12 * 1024;

function check(what, size, budget, unit = 'bytes') {
  console.log(`${what}: ${size} of ${budget} ${unit}`);
  if (size > budget) process.exitCode = 1;
}

for (const [what, file, budget] of BUDGETS) {
  check(what, minifiedSize(readFileSync(file, 'utf8')).raw, budget);
}

const { outputFiles } = await build({
  stdin: {
    contents: `export * from './dist-js/index.js';
               export * from './dist-js/instrumentations.js';`,
    resolveDir: '.',
  },
  bundle: true,
  minify: true,
  format: 'esm',
  write: false,
});
const bundle = minifiedSize(outputFiles[0].text).gzip;
const runtime = minifiedSize(readFileSync('plugin/runtime.js', 'utf8')).gzip;
check('everything on', runtime + bundle, EVERYTHING, 'bytes gzipped');
