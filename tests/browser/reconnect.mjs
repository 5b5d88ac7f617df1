// A page that outlives the app. Called by `tests/ws_browser.rs` with the token file and the port to serve the
// page from; says when the page has lost the app, and when it has it again.

import { openBridgePage } from 'tauri-plugin-opentelemetry-api/playwright';
import { launch } from './launch.mjs';
import { serve } from './serve.mjs';

const [file, port] = process.argv.slice(2);
const server = await serve(port, { '/': 'tests/browser' });
const browser = await launch();
try {
  const page = await openBridgePage(browser, `http://127.0.0.1:${port}`, {
    file,
  });
  /** Calls the app again and again, until a call ends in this way. */
  const until = (outcome) =>
    page.evaluate(async (outcome) => {
      const { invoke } = window.__TAURI_INTERNALS__;
      const call = () =>
        invoke('slow', { ms: 20 }).then(
          () => 'ok',
          (error) => error,
        );
      while ((await call()) !== outcome);
    }, outcome);
  await until('ok');
  console.log('connected');
  await until('ws bridge: slow: the connection was lost');
  console.log('lost');
  await until('ok');
  console.log('back');
} finally {
  await browser.close();
  server.close();
}
