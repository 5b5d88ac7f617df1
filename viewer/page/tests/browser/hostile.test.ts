import { expect, test } from 'vitest';
import { stage } from '../support/browser';
import { HOSTILE } from '../support/scenarios.mjs';
import { IDS } from '../support/world.mjs';

const viewer = stage({ hostile: true });

test.each([
  ['#/traces', 'table'],
  [`#/trace/${IDS.hostile}`, '.span-name'],
  [`#/trace/${IDS.hostile}?mode=tree`, '.span-name'],
  [`#/trace/${IDS.hostile}?mode=flame`, '.span-name'],
  ['#/commands', 'table'],
  ['#/errors', 'table'],
  ['#/logs', '.log'],
  ['#/logs?patterns=1', 'table'],
  ['#/map', 'svg .node'],
  [
    `#/logs?search=${encodeURIComponent('<img src=x onerror=window.hacked=1>')}`,
    '.empty',
  ],
])('%s shows hostile texts as text', async (fragment, ready) => {
  const page = await viewer.open(fragment);
  await page.locator(ready).first().waitFor();
  // Let the texts be drawn and whatever they could load be loaded.
  await page.waitForLoadState('networkidle').catch(() => {});
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
  const planted = page.locator(
    'body :is(img, iframe, script, a[href^="javascript" i], [onerror], [onload])',
  );
  expect(await planted.count()).toBe(0);
});

test('what was sent is what is read', async () => {
  const page = await viewer.open(`#/trace/${IDS.hostile}`);
  await page.locator('.logs .log').first().waitFor();
  const text = (await page.locator('aside').textContent()) ?? '';
  for (const hostile of HOSTILE.filter((one) => !one.includes('\u202E')))
    expect(text).toContain(hostile);
  expect(text).toContain('⟨202E⟩evil⟨202C⟩');
});

test('the policy of the page lets nothing in from elsewhere', async () => {
  const page = await viewer.open('#/traces');
  const policy = await page
    .locator('meta[http-equiv="Content-Security-Policy"]')
    .getAttribute('content');
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toContain('unsafe');
});
