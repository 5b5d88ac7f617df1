import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/dist*',
      'target',
      'api-iife.js',
      'plugin/instrumentations.js',
      'plugin/kernel.js',
      'guest-js/bindings',
      'guest-js/tests/recorded',
      'viewer/page/src/bindings',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: [
      '**/*.mjs',
      'benches/app/ui/*.js',
      'examples/minimal/ui/*.js',
      'examples/pipeline/desktop/ui/*.js',
      'tests/apps/**/*.js',
    ],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        window: 'readonly',
        document: 'readonly',
      },
    },
  },
  {
    files: ['plugin/opener.js'],
    languageOptions: {
      globals: {
        addEventListener: 'readonly',
        history: 'readonly',
        sessionStorage: 'readonly',
        window: 'readonly',
      },
    },
  },
  {
    files: ['benches/page/*.js'],
    languageOptions: {
      globals: {
        EventTarget: 'readonly',
        Headers: 'readonly',
        PerformanceObserver: 'readonly',
        Response: 'readonly',
        performance: 'readonly',
        setTimeout: 'readonly',
        window: 'readonly',
      },
    },
  },
  {
    files: ['examples/messenger/src/*.ts'],
    // The elements of the page are in its own index.html.
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
