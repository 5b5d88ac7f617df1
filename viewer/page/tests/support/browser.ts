import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { fakeServer, type FakeServer } from './fakeServer.mjs';

/** What a test has: a viewer, and pages of it. */
export interface Stage {
  readonly server: FakeServer;
  /** Opens a fragment in a new page. What goes wrong in the page fails the test. */
  open(fragment?: string, options?: OpenOptions): Promise<Page>;
}

interface OpenOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce';
}

/** A browser for the tests of a file, and for each a viewer that all of them share. */
export function stage(options: Parameters<typeof fakeServer>[0] = {}): Stage {
  let browser: Browser;
  let server: FakeServer;
  const pages: Page[] = [];
  const problems: string[] = [];

  beforeAll(async () => {
    server = await fakeServer(options);
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox'],
    });
  });
  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
    const found = problems.splice(0);
    if (found.length > 0) throw new Error(found.join('\n'));
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  return {
    get server() {
      return server;
    },
    async open(fragment = '', { colorScheme = 'light', reducedMotion } = {}) {
      const page = await browser.newPage({
        viewport: { width: 1400, height: 860 },
        colorScheme,
        ...(reducedMotion ? { reducedMotion } : {}),
      });
      pages.push(page);
      page.setDefaultTimeout(10_000);
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (line) => {
        // What tests provoke: a refused token, a route that is not there, a viewer that is busy or gone.
        if (
          line.type() === 'error' &&
          !/\b(40[14]|503|ERR_FAILED)\b/.test(line.text())
        )
          problems.push(line.text());
      });
      page.on('dialog', (dialog) => {
        problems.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      await page.goto(server.url + fragment);
      return page;
    },
  };
}
