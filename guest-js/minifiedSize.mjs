import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { transformSync } from 'esbuild';

/** The bytes of a script as it is shipped. */
export function minifiedSize(script) {
  const { code } = transformSync(script, { minify: true });
  return {
    raw: Buffer.byteLength(code),
    gzip: gzipSync(code, { level: 9 }).length,
  };
}
