// The budgets in bytes, gzipped: the runtime is parsed by every page, the package is bundled into apps.

import { readFileSync } from 'node:fs';
import { minifiedSize } from './minifiedSize.mjs';

const BUDGETS = [
  ['the injected runtime', 'plugin/runtime.js', 3072],
  ['the npm package', 'dist-js/index.js', 1024],
];

for (const [what, file, budget] of BUDGETS) {
  const { gzip } = minifiedSize(readFileSync(file, 'utf8'));
  console.log(`${what}: ${gzip} of ${budget} bytes`);
  if (gzip > budget) process.exitCode = 1;
}
