import { transformAwaits } from '../../vite/transformAwaits.js';

/**
 * Evaluates the code of a module as the plugin rewrites it, and returns its binding `main`. The code neither imports nor
 * exports anything.
 */
export async function runTransformed<T>(code: string): Promise<T> {
  const transformed = transformAwaits(code, 'main.js')?.code ?? code;
  const body = transformed.replace(
    /\nimport\{(.*)\}from".*";$/,
    (_, names: string) => `\nvar {${names.replaceAll(' as ', ':')}}=runtime;`,
  );
  if (transformed !== code && body === transformed) {
    throw new Error(`no import in ${transformed}`);
  }
  // The variables of the import are hoisted as an import is, but set last: whatever needs them is called later.
  const evaluate = new Function(
    'runtime',
    `'use strict';${body}\nreturn main;`,
  );
  return (evaluate as (runtime: unknown) => T)(await import('../../await.js'));
}
