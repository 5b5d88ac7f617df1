// The budget of the built page in bytes: all files together, gzipped one by one as a server sends them.

import { readFileSync, readdirSync } from 'node:fs';
import { URL } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUDGET = 60 * 1024;
const DIST = new URL('dist/', import.meta.url);

let total = 0;
for (const file of readdirSync(DIST)) {
  const bytes = readFileSync(new URL(file, DIST));
  const gzip = gzipSync(bytes, { level: 9 }).length;
  total += gzip;
  console.log(`${file}: ${bytes.length} bytes, ${gzip} gzipped`);
}
console.log(`the page of tracepane: ${total} of ${BUDGET} bytes`);
if (total > BUDGET) process.exitCode = 1;
