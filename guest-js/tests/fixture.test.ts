import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PageBatch } from '../bindings/PageBatch.js';
import { OPENED, openPage } from './support/openPage.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

test('the batch that both suites share is what the kernel sends', async ({
  onTestFinished,
}) => {
  const { getRandomValues } = crypto;
  onTestFinished(() => {
    crypto.getRandomValues = getRandomValues;
  });
  // The digits of counting bytes, so that the ids are those of the file.
  crypto.getRandomValues = (array) => {
    (array as unknown as Uint8Array).forEach((_, i, all) => {
      all[i] = i % 2 ? i >> 1 : i >> 5;
    });
    return array;
  };
  const { telemetry, ...page } = await openPage();

  const click = telemetry.startSpan(
    'ui.button_click',
    {
      button: 'send',
      retries: 2,
      ratio: 0.5,
      trusted: true,
      tags: ['a', 'ß😀'],
      sizes: [1, 2.5],
      flags: [true, false],
    },
    {
      startTime: OPENED + 0.25,
      links: [
        {
          context: `00-${TRACE}-b7ad6b7169203331-01`,
          attributes: { queue: 'outbox' },
        },
      ],
    },
  );
  await page.wait(10);
  await click.invoke('fail').catch(() => undefined);
  click.addEvent('cached', { hit: false }).setStatus('error', 'not sent');
  telemetry
    .startSpan(
      'store',
      {},
      {
        kind: 'producer',
        parent: {
          traceId: TRACE,
          spanId: '00f067aa0ba902b7',
          traceFlags: 1,
          traceState: 'vendor=value',
        },
      },
    )
    .setStatus('ok')
    .end(OPENED + 20.5);
  await page.wait(30);
  click.end();
  await telemetry.flush();

  const fixture = JSON.parse(
    readFileSync('tests/fixtures/page-batch.json', 'utf8'),
  ) as PageBatch;
  expect(page.batches).toEqual([fixture]);
});
