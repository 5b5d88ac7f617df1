// Starts the browser of the tests.

import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

// The browser of Debian, and the one that machines of GitHub have instead.
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/google-chrome'];

export function launch() {
  const executablePath = BROWSERS.find(existsSync);
  if (!executablePath) {
    throw new Error('there is no Chromium; `cargo xtask setup` installs it');
  }
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}
