import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string;
};

export default defineConfig({
  // As the build writes it in.
  define: { VERSION: JSON.stringify(version) },
  test: {
    include: ['guest-js/tests/*.test.ts'],
    unstubGlobals: true,
    // No test waits; the machine may be busy with other things.
    testTimeout: 60_000,
  },
});
