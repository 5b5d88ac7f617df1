// The budgets in bytes, minified: the runtime is read by every page, the package is bundled into apps.

import { readFileSync } from 'node:fs';
import { minifiedSize } from './minifiedSize.mjs';

const BUDGETS = [
  ['the injected runtime', 'plugin/runtime.js', 8192],
  ['the npm package', 'api-iife.js', 8192],
];

for (const [what, file, budget] of BUDGETS) {
  const { raw } = minifiedSize(readFileSync(file, 'utf8'));
  console.log(`${what}: ${raw} of ${budget} bytes`);
  if (raw > budget) process.exitCode = 1;
}
