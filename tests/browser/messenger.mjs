// Clicks through `examples/messenger` in Chromium, over the bridge of the app that is running. Called by
// `tests/ws_browser.rs` with the token file, the port to serve the page from, and the text to send.

import { openBridgePage } from 'tauri-plugin-opentelemetry-api/playwright';
import { launch } from './launch.mjs';
import { serve } from './serve.mjs';

const BUTTONS = ['send', 'refresh', 'send-fail', 'replies', 'export', 'title'];

const [file, port, text] = process.argv.slice(2);
const server = await serve(port, { '/': 'examples/messenger/dist' });
const browser = await launch();
try {
  const page = await openBridgePage(browser, `http://127.0.0.1:${port}`, {
    file,
  });
  page.on('console', (message) => console.log(message.text()));
  page.on('pageerror', (error) => console.log(error));

  await page.fill('#compose', text);
  for (const button of BUTTONS) {
    await page.click(`#${button}`);
    const status = page.locator('#status', { hasText: `${button}: ` });
    await status.waitFor();
    console.log(await status.textContent());
  }
  console.log(await page.textContent('#messages'));
  console.log(await page.textContent('h1'));
  // The page is left, and sends what it still has.
  await page.goto('about:blank');
  console.log(await page.evaluate(() => '__TAURI_INTERNALS__' in window));
} finally {
  await browser.close();
  server.close();
}
