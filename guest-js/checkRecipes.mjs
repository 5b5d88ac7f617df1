// Compiles the examples of `docs/ui.md`, each as a file of its own, against the package as it is built.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const PAGE = 'docs/ui.md';
// Inside of `node_modules`, so that the packages are found.
const FOLDER = 'node_modules/.recipes';
/** So many examples there are at least, of each language: a fence that is spelled otherwise would be left out. */
const EXPECTED = { ts: 10, tsx: 3, svelte: 1 };

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });

const counts = { ts: 0, tsx: 0, svelte: 0 };
const fences = readFileSync(PAGE, 'utf8').matchAll(/^```(\w+)\n(.*?)^```/gms);
for (const [, language, code] of fences) {
  if (language === 'json') continue;
  if (!(language in counts))
    throw new Error(`${PAGE}: ${language} is not compiled`);
  const number = ++counts[language];
  writeFileSync(`${FOLDER}/Recipe${number}.${language}`, code);
}
for (const [language, expected] of Object.entries(EXPECTED)) {
  if (counts[language] < expected) {
    throw new Error(
      `${PAGE}: ${counts[language]} examples in ${language}, not ${expected}`,
    );
  }
}
writeFileSync(
  `${FOLDER}/tsconfig.json`,
  JSON.stringify({
    compilerOptions: {
      target: 'ES2022',
      lib: ['ES2022', 'DOM', 'DOM.Iterable'],
      module: 'ESNext',
      moduleResolution: 'Bundler',
      jsx: 'react-jsx',
      strict: true,
      noUnusedLocals: true,
      noImplicitOverride: true,
      verbatimModuleSyntax: true,
      skipLibCheck: true,
      noEmit: true,
      types: [],
    },
    include: ['*'],
  }),
);
const run = (program, ...args) =>
  execFileSync('npx', [program, ...args], { stdio: 'inherit' });
run('tsc', '--project', FOLDER);
run(
  'svelte-check',
  '--workspace',
  FOLDER,
  '--tsconfig',
  './tsconfig.json',
  '--output',
  'human',
);
