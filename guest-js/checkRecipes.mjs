// Compiles the examples of the pages about the UI, each as a file of its own, against the package as it is built.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

// Inside of `node_modules`, so that the packages are found.
const FOLDER = 'node_modules/.recipes';
/** So many examples a page has at least, of each language: a fence that is spelled otherwise would be left out. */
const PAGES = {
  'docs/ui.md': { ts: 10, tsx: 3, svelte: 1, json: 1 },
  'docs/ui-ecosystem.md': { ts: 8, rust: 2 },
};

/** What is compiled elsewhere: Rust as the documentation of the crate, which has the same examples. */
const ELSEWHERE = ['json', 'rust'];

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });

let recipes = 0;
for (const [page, expected] of Object.entries(PAGES)) {
  const counts = {};
  const fences = readFileSync(page, 'utf8').matchAll(/^```(\w+)\n(.*?)^```/gms);
  for (const [, language, code] of fences) {
    if (!(language in expected))
      throw new Error(`${page}: ${language} is not compiled`);
    counts[language] = (counts[language] ?? 0) + 1;
    if (!ELSEWHERE.includes(language))
      writeFileSync(`${FOLDER}/Recipe${++recipes}.${language}`, code);
  }
  for (const [language, count] of Object.entries(expected)) {
    if (!(counts[language] >= count)) {
      throw new Error(
        `${page}: ${counts[language]} examples in ${language}, not ${count}`,
      );
    }
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
