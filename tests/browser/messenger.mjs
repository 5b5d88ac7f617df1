// Clicks through `examples/messenger` in Chromium, over the bridge of the app that is running. Called by
// `tests/ws_browser.rs` with the token file, the port to serve the page from, and the text to send.

import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { openBridgePage } from 'tauri-plugin-opentelemetry-api/playwright';

const [file, port, text] = process.argv.slice(2);

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

const server = createServer(({ url }, response) => {
  const path = url === '/' ? '/index.html' : url;
  const found = createReadStream(join('examples/messenger/dist', path));
  found.on('error', () => response.writeHead(404).end());
  response.setHeader('content-type', TYPES[extname(path)] ?? 'text/plain');
  found.pipe(response);
});
await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
try {
  const page = await openBridgePage(browser, `http://127.0.0.1:${port}`, {
    file,
  });
  page.on('console', (message) => console.log(message.text()));
  page.on('pageerror', (error) => console.log(error));

  /** Clicks a button and waits until the page says how it ended. */
  async function click(button) {
    await page.click(`#${button}`);
    const status = page.locator('#status', { hasText: `${button}: ` });
    await status.waitFor();
    console.log(await status.textContent());
  }

  await page.fill('#compose', text);
  for (const button of [
    'send',
    'refresh',
    'send-fail',
    'replies',
    'export',
    'title',
  ]) {
    await click(button);
  }
  console.log(await page.textContent('#messages'));
  console.log(await page.textContent('h1'));
  // The page is left, and sends what it still has.
  await page.goto('about:blank');
} finally {
  await browser.close();
  server.close();
}
