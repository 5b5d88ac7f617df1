// The budgets in bytes, minified: the kernel is read by every page, the package is bundled into apps.

import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { minifiedSize } from './minifiedSize.mjs';

const BUDGETS = [
  ['the injected kernel', 'plugin/kernel.js', 8192],
  ['the npm package', 'api-iife.js', 8192],
  ['the injected instrumentations', 'plugin/instrumentations.js', 26 * 1024],
];

/** The entry points that are paid for by those who import them: what each takes on top of the index, gzipped. */
const EXTRAS = { await: 256, events: 1024, otel: 2048 };

/** All that a page can load, gzipped: the kernel, and a bundle of the package with every instrumentation. */
const EVERYTHING = 12 * 1024;

function check(what, size, budget, unit = 'bytes') {
  console.log(`${what}: ${size} of ${budget} ${unit}`);
  if (size > budget) process.exitCode = 1;
}

for (const [what, file, budget] of BUDGETS) {
  check(what, minifiedSize(readFileSync(file, 'utf8')).raw, budget);
}

/** The script of a page that imports all of these entry points. */
async function bundle(...entryPoints) {
  const { outputFiles } = await build({
    stdin: {
      contents: entryPoints
        .map((name) => `export * from './dist-js/${name}.js';`)
        .join('\n'),
      resolveDir: '.',
    },
    bundle: true,
    minify: true,
    format: 'esm',
    external: ['@opentelemetry/api'],
    write: false,
  });
  return minifiedSize(outputFiles[0].text);
}

const everything = await bundle('index', 'instrumentations');
const kernel = minifiedSize(readFileSync('plugin/kernel.js', 'utf8')).gzip;
check('everything on', kernel + everything.gzip, EVERYTHING, 'bytes gzipped');

const index = await bundle('index');
for (const [name, budget] of Object.entries(EXTRAS)) {
  const { gzip } = await bundle('index', name);
  check(`/${name}`, gzip - index.gzip, budget, 'bytes gzipped');
}
