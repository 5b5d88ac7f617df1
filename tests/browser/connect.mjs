// A page that connects itself, and uses every module of `@tauri-apps/api` that is not about a webview.
// Called by `tests/ws_browser.rs` with the token file and the port to serve the page from; prints what
// the page has found as JSON.

import { readFileSync } from 'node:fs';
import { launch } from './launch.mjs';
import { serve } from './serve.mjs';

const [file, port] = process.argv.slice(2);
const server = await serve(port, {
  '/': 'tests/browser',
  '/package/': 'dist-js',
  '/api/': 'node_modules/@tauri-apps/api',
});
const browser = await launch();
try {
  const page = await browser.newPage();
  page.on('console', (message) => console.error(message.text()));
  await page.goto(`http://127.0.0.1:${port}`);
  const found = await page.evaluate(
    async (options) => {
      const { connectWsBridge } = await import('/package/ws-bridge.js');
      const refused = await connectWsBridge({ ...options, token: 'x' }).catch(
        (error) => error.message,
      );
      await connectWsBridge(options);
      console.log('connected');
      const load = (name) => import(`/api/${name}.js`);
      const { invoke, Channel } = await load('core');
      const { getCurrentWindow } = await load('window');
      const { listen, emit } = await load('event');
      const path = await load('path');
      const app = await load('app');
      const { telemetry } = await import('/package/index.js');

      const { promise: heard, resolve } = Promise.withResolvers();
      await listen('ping', resolve);
      await listen('pong', () => emit('ping', 'heard'));
      await emit('pong');
      console.log('emitted');
      const bytes = await invoke('echo', new Uint8Array(1 << 20).fill(7));
      const numbers = [];
      await invoke('stream', {
        channel: new Channel((number) => numbers.push(number)),
        count: 100,
      });
      console.log('streamed');
      return {
        refused,
        enabled: telemetry.enabled,
        greeting: await invoke('greet', { name: 'you' }),
        title: await getCurrentWindow().title(),
        denied: await getCurrentWindow()
          .setTitle('x')
          .catch((error) => error),
        event: (await heard).payload,
        path: await path.join('a', '..', 'b'),
        version: await app.getVersion(),
        bytes: [bytes.byteLength, new Uint8Array(bytes)[1 << 19]],
        numbers: numbers.length,
      };
    },
    JSON.parse(readFileSync(file, 'utf8')),
  );
  console.log(JSON.stringify(found));
} finally {
  await browser.close();
  server.close();
}
