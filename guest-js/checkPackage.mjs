// Checks what would be published: that every entry point resolves, with its types, in the bundlers and module
// systems that there are (`attw`), that package.json says what is true (`publint`), that a bundler has nothing to
// say, and that the types leave no inside open.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const run = (program, ...args) =>
  execFileSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });

const folder = mkdtempSync(join(tmpdir(), 'opentelemetry-package-'));
try {
  execFileSync(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [name] = readdirSync(folder);
  const packed = join(folder, name);
  run('npx', 'publint', '--strict', packed);
  // As ES modules alone, which is what the package is.
  const schema = './tauri.conf.schema.json';
  run(
    'npx',
    'attw',
    packed,
    '--profile',
    'esm-only',
    '--exclude-entrypoints',
    schema,
    './package.json',
  );
} finally {
  rmSync(folder, { recursive: true });
}

const { warnings } = await build({
  entryPoints: readdirSync('dist-js')
    .filter((file) => file.endsWith('.js'))
    .map((file) => `dist-js/${file}`),
  bundle: true,
  format: 'esm',
  platform: 'node',
  outdir: 'out',
  write: false,
});
if (warnings.length) throw new Error('a bundler warns about the package');

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const entryPoints = Object.values(exports).map(({ types }) => types);
const open = readdirSync('dist-js', { recursive: true })
  .map((file) => file.replaceAll('\\', '/'))
  .filter(
    (file) =>
      file.endsWith('.d.ts') &&
      !file.startsWith('chunks/') &&
      !entryPoints.includes(`./dist-js/${file}`),
  );
if (open.length) throw new Error(`types of the inside: ${open.join(', ')}`);
