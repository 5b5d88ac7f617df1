// The contenders in Chromium, each in a page of its own, one after the other in every round. Called with the
// number of rounds and the contenders; prints each sample as a line of JSON.

import { readFileSync } from 'node:fs';
import { launch } from '../../tests/browser/launch.mjs';
import { serve } from '../../tests/browser/serve.mjs';

const [rounds, ...contenders] = process.argv.slice(2);
const read = (path) => readFileSync(path, 'utf8');

// As `plugin/kernel.rs` starts it.
const config = {
  invokeKey: '',
  ratio: 1,
  commands: [],
  transport: 'fetch',
};
const kernel = `const KERNEL_CONFIG=${JSON.stringify(config)};\n${read('plugin/kernel.js')}`;

const server = await serve(0, { '/': 'tests/browser' });
const browser = await launch();
try {
  const pages = new Map();
  for (const contender of contenders) {
    pages.set(contender, await open(contender));
  }
  const measure = async (sample) => {
    for (const [contender, page] of pages) {
      console.log(JSON.stringify([contender, await sample(page, contender)]));
    }
  };
  for (let round = 0; round < Number(rounds); round++) await measure(burst);
  await measure(steady);
  await measure((page) => page.evaluate('window.bench.storm()'));
} finally {
  await browser.close();
  server.close();
}

/** A page with this contender, in a process of its own. */
async function open(contender) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(contender, error));
  await page.addInitScript(read('benches/page/nowhere.js'));
  if (contender.startsWith('plugin')) {
    await page.addInitScript(read('benches/page/tauri.js'));
    await page.addInitScript(`(() => {${kernel}})()`);
  }
  await page.goto(`http://127.0.0.1:${server.address().port}`);
  await page.addScriptTag({
    content: read(`benches/page/dist/${contender}.js`),
  });
  return page;
}

async function burst(page, contender) {
  const figures = {
    ...(await page.evaluate('window.bench.burst()')),
    invoke: await page.evaluate('window.bench.invoke()'),
  };
  if (contender === 'plugin') {
    const call = `window.bench.evaluate(${JSON.stringify(kernel)})`;
    figures.evaluate = await page.evaluate(call);
  }
  return figures;
}

/** The busy page, with the milliseconds of its main thread and the bytes that it sent. */
async function steady(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const mainThread = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value * 1e3;
  };
  const sentBytes = () => page.evaluate('window.sentBytes');

  const [millis, bytes] = [await mainThread(), await sentBytes()];
  const found = await page.evaluate('window.bench.steady()');
  return {
    ...found,
    mainThread: (await mainThread()) - millis,
    bytes: (await sentBytes()) - bytes,
  };
}
