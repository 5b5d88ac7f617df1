import { expect, test } from 'vitest';
import { stage } from '../support/browser';

const viewer = stage({ token: 'secret' });

test('the token is exchanged for a cookie and leaves the URL', async () => {
  const page = await viewer.open('#token=secret');
  await page.getByRole('table', { name: 'Traces' }).waitFor();
  expect(page.url()).not.toContain('secret');
  const [cookie] = await page.context().cookies();
  expect(cookie?.httpOnly).toBe(true);
  expect(cookie?.sameSite).toBe('Strict');
});

test('a link to a trace can carry the token', async () => {
  const page = await viewer.open('#/logs?search=relay&token=secret');
  await page.getByRole('log').waitFor();
  expect(new URL(page.url()).hash).toBe('#/logs?search=relay');
});

test('without a valid token the page says what to do, and shows nothing', async () => {
  const page = await viewer.open('#token=wrong');
  await page
    .getByText('Open the link that tracepane printed')
    .first()
    .waitFor();
  expect(await page.getByRole('table').count()).toBe(0);
});

test('a link with another token works in the tab of the old one', async () => {
  const page = await viewer.open('#token=old');
  await page.getByText('no valid token').first().waitFor();
  await page.evaluate(() => (location.hash = '#/commands?token=secret'));
  await page.getByRole('table', { name: 'Commands' }).waitFor();
  expect(new URL(page.url()).hash).toBe('#/commands');
  expect(await page.getByText('no valid token').count()).toBe(0);
});

test('a tab that the viewer no longer knows says so, asks less and less often, and goes on with a new cookie', async () => {
  const page = await viewer.open('#token=secret');
  await page.getByText('live', { exact: true }).waitFor();
  viewer.server.restart();
  await page.getByRole('status').getByText('no valid token').waitFor();
  /** When the status was asked for since the restart, in milliseconds. */
  const asked = () =>
    page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter(
          (entry) =>
            entry.name.endsWith('/api/status') &&
            (entry as PerformanceResourceTiming).responseStatus === 401,
        )
        .map(({ startTime }) => startTime),
    );
  await expect.poll(async () => (await asked()).length).toBeGreaterThan(3);
  const [last = 0, before = 0] = (await asked()).reverse();
  expect(last - before).toBeGreaterThan(1500);
  await page.getByText('away').waitFor();
  // As a new tab does with the new link.
  await page.evaluate(() =>
    fetch('/api/session', {
      method: 'POST',
      headers: { authorization: 'Bearer secret' },
    }),
  );
  await page.getByText('live', { exact: true }).waitFor();
  expect(await page.getByText('no valid token').count()).toBe(0);
});
