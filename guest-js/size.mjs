// The budgets in bytes, gzipped: the runtime is parsed by every page, the package is bundled into apps.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { transformSync } from 'esbuild';

const BUDGETS = [
  ['the injected runtime', 'plugin/runtime.js', 3072],
  ['the npm package', 'dist-js/index.js', 1024],
];

for (const [what, file, budget] of BUDGETS) {
  const { code } = transformSync(readFileSync(file, 'utf8'), { minify: true });
  const size = gzipSync(code, { level: 9 }).length;
  console.log(`${what}: ${size} of ${budget} bytes`);
  if (size > budget) process.exitCode = 1;
}
