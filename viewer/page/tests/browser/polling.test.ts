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
