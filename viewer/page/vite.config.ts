import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** What is changed in uPlot when it is bundled. A version in which one of these is not found does not build. */
const UPLOT: [RegExp, string][] = [
  // Shapes of lines that no chart of the page has: uPlot names them all, so a bundler has to keep them.
  [/^\s*\(paths\.(stepped|bars|spline) *= \w+\);\n/gm, ''],
  // Under LANG=C.UTF-8 the language of a page in WebKitGTK is `C`, which is none: the whole page would end with a RangeError.
  [/domEnv \? nav\.language : 'en-US'/, "'en-US'"],
];

const fitUplot: Plugin = {
  name: 'fit-uplot',
  transform(code, id) {
    if (!id.endsWith('uPlot.esm.js')) return null;
    let fitted = code;
    for (const [pattern, replacement] of UPLOT) {
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
          // One browser at a time: the frame rates are measured.
          fileParallelism: false,
          testTimeout: 30_000,
          // A busy machine takes longer than the second that is usual.
          expect: { poll: { timeout: 10_000 } },
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
