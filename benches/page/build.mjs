// Bundles each contender with the loops. Called with the files of the plugin; prints the bytes of each of
// them, and of what each contender puts into a page, as JSON.

import { readdirSync } from 'node:fs';
import { parse } from 'node:path';
import { build } from 'esbuild';
import { minifiedSize } from '../../guest-js/minifiedSize.mjs';

const PAGE = 'benches/page';

const bundle = {
  bundle: true,
  format: 'iife',
  minify: true,
  target: 'es2020',
  // As the bundlers of apps have it.
  conditions: ['module', 'production'],
  logLevel: 'warning',
};

const sizes = {};
for (const file of process.argv.slice(2)) {
  // With the chunks that it shares with others.
  const { outputFiles } = await build({
    ...bundle,
    format: 'esm',
    entryPoints: [file],
    write: false,
  });
  sizes[file] = minifiedSize(outputFiles[0].text);
}
for (const file of readdirSync(`${PAGE}/contenders`)) {
  const contender = `./${PAGE}/contenders/${file}`;
  await build({
    ...bundle,
    entryPoints: [`${PAGE}/bench.js`],
    alias: { contender },
    outfile: `${PAGE}/dist/${file}`,
  });
  const { outputFiles } = await build({
    ...bundle,
    // The set-up alone, without the functions for the loops.
    stdin: { contents: `import '${contender}'`, resolveDir: '.' },
    write: false,
  });
  sizes[parse(file).name] = minifiedSize(outputFiles[0].text);
}
console.log(JSON.stringify(sizes));
