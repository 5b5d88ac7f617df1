import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/**
 * Functions of uPlot that no chart of the page calls: scales by logarithm, its own texts for times and for a legend, and tables with
 * different times. uPlot names them all, so a bundler has to keep them.
 */
const UNUSED = [
  'rangeLog',
  'rangeAsinh',
  'logAxisSplits',
  'asinhAxisSplits',
  'log10AxisValsFilt',
  'log2AxisValsFilt',
  'fmtDate',
  'timeAxisStamps',
  'timeAxisVals',
  'timeSeriesVal',
  'legendStroke',
  'legendFill',
  'join',
];

/** What is changed in the code of uPlot when it is bundled. A version in which one of these is not found does not build. */
const CODE: [RegExp, string][] = [
  ...UNUSED.map((name): [RegExp, string] => [
    new RegExp(`^function ${name}\\([^]*?^\\}\n`, 'm'),
    `function ${name}() {}\n`,
  ]),
  // Shapes of lines that no chart of the page has.
  [/^\s*\(paths\.(stepped|bars|spline) *= \w+\);\n/gm, ''],
  // Under LANG=C.UTF-8 the language of a page in WebKitGTK is `C`, which is none: the whole page would end with a RangeError.
  [/domEnv \? nav\.language : 'en-US'/, "'en-US'"],
];

/** The same for its style: there is neither a title nor a legend. */
const STYLE: [RegExp, string][] = [
  [/\.u-(title|legend|inline|series)[^{}]*\{[^}]*\}/g, ''],
];

const fitUplot: Plugin = {
  name: 'fit-uplot',
  enforce: 'pre',
  transform(code, id) {
    const changes = id.endsWith('uPlot.esm.js')
      ? CODE
      : id.endsWith('uPlot.min.css')
        ? STYLE
        : undefined;
    if (!changes) return null;
    let fitted = code;
    for (const [pattern, replacement] of changes) {
      if (fitted.search(pattern) < 0)
        throw new Error(
          `uPlot no longer contains ${pattern}: see vite.config.ts`,
        );
      fitted = fitted.replace(pattern, replacement);
    }
    return { code: fitted, map: null };
  },
};

export default defineConfig({
  // `tracepane` serves the page from the root of a loopback port, or of a custom scheme.
  base: '/',
  plugins: [fitUplot],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    // The built page is checked in: without hashes in its names a change of the page is a change of its content alone.
    rolldownOptions: {
      output: {
        entryFileNames: 'page.js',
        chunkFileNames: '[name].js',
        assetFileNames: 'page.[ext]',
      },
    },
  },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['tests/unit/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['tests/browser/*.test.ts'],
          testTimeout: 30_000,
          // A busy machine takes longer than the second that is usual.
          expect: { poll: { timeout: 10_000 } },
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
