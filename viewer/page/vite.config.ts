import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Leaves out the shapes of lines that no chart of the page has: uPlot names them all, so a bundler has to keep them. */
const straightLinesOnly: Plugin = {
  name: 'straight-lines-only',
  transform(code, id) {
    if (!id.endsWith('uPlot.esm.js')) return null;
    const shorter = code.replace(
      /^\s*\(paths\.(stepped|bars|spline) *= \w+\);\n/gm,
      '',
    );
    if (shorter === code)
      throw new Error(
        'uPlot no longer lists its paths as it did: see vite.config.ts',
      );
    return { code: shorter, map: null };
  },
};

export default defineConfig({
  // `tracepane` serves the page from the root of a loopback port, or of a custom scheme.
  base: '/',
  plugins: [straightLinesOnly],
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
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
