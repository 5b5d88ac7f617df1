// Pictures of every view in both themes, for a look at them: `npm run build && node tests/support/shots.mjs FOLDER [VIEW…]`.

import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { fakeServer } from './fakeServer.mjs';
import { IDS } from './world.mjs';

const [folder = 'shots', ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

const VIEWS = {
  trace: `#/trace/${IDS.send}`,
  failed: `#/trace/${IDS.failed}`,
  tree: `#/trace/${IDS.failed}?mode=tree`,
  flame: `#/trace/${IDS.archive}?mode=flame`,
  archive: `#/trace/${IDS.archive}`,
  hostile: `#/trace/${IDS.hostile}`,
  traces: '#/traces',
  commands: '#/commands',
  errors: '#/errors',
  logs: '#/logs',
  patterns: '#/logs?patterns=1',
  metrics: '#/metrics',
  metric: '#/metrics/rpc.server.call.duration',
  gauge: '#/metrics/process.cpu.time',
  map: '#/map',
  runs: '#/runs',
  compare: '#/runs?a.run=r3&b.run=r4',
};

const server = await fakeServer({ hostile: true });
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
for (const colorScheme of ['light', 'dark']) {
  const page = await browser.newPage({
    viewport: { width: 1400, height: 860 },
    colorScheme,
  });
  page.on('pageerror', (error) => console.log('error:', error.message));
  page.on(
    'console',
    (line) => line.type() === 'error' && console.log('console:', line.text()),
  );
  for (const [name, fragment] of Object.entries(VIEWS)) {
    if (only.length > 0 && !only.includes(name)) continue;
    await page.goto('about:blank');
    await page.goto(server.url + fragment);
    await page.waitForLoadState('load');
    await page.waitForTimeout(500);
    await page.screenshot({ path: `${folder}/${name}-${colorScheme}.png` });
  }
}
await browser.close();
await server.close();
