import { expect, test } from 'vitest';
import { stage } from '../support/browser';

const viewer = stage({ live: false });

test('a trace that arrives is listed also where events cannot be streamed', async () => {
  const page = await viewer.open('#/traces');
  await page.getByText('live', { exact: true }).waitFor();
  await page.getByRole('row').nth(1).waitFor();
  const id = viewer.server.arrive();
  await expect
    .poll(() => page.getByRole('row').nth(1).getAttribute('data-key'), {
      timeout: 5000,
    })
    .toBe(id);
});

test('a viewer that does not answer is said once, until it answers', async () => {
  const page = await viewer.open('#/traces');
  await page.getByText('live', { exact: true }).waitFor();
  const said = page.getByRole('status').getByText('viewer does not answer');
  await page.route('**/api/**', (route) => route.abort());
  await said.waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.waitForEvent('requestfailed', (request) =>
    request.url().endsWith('/api/status'),
  );
  await page.getByText('away').waitFor();
  expect(await said.count()).toBe(0);
  await page.unroute('**/api/**');
  await page.getByText('live', { exact: true }).waitFor();
});

test('a message that the viewer does not answer goes away once it does', async () => {
  const page = await viewer.open('#/traces');
  await page.getByText('live', { exact: true }).waitFor();
  const said = page.getByRole('status').getByText('viewer does not answer');
  await page.route('**/api/**', (route) => route.abort());
  await said.waitFor();
  await page.unroute('**/api/**');
  await said.waitFor({ state: 'hidden' });
});
