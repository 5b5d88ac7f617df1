import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PageBatch } from '../bindings/PageBatch.js';

test('the batch of all signals that both suites share is one by its type', () => {
  const batch: PageBatch = {
    drift: 0,
    dropped: 0,
    attributes: { 'session.id': '2f8d', screen: 'inbox' },
    scopes: [
      { name: '@app/instrumentation-web-vitals', version: '1.2.3' },
      { name: 'app.ui' },
    ],
    spans: [
      {
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        name: 'ui.button_click',
        startTime: 1700000000000.25,
        endTime: 1700000000040,
        scope: 1,
        attributes: { screen: 'settings' },
      },
      {
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: '2021222324252627',
        parentSpanId: 'b7ad6b7169203331',
        name: 'store',
        startTime: 1700000000010,
        endTime: 1700000000020.5,
      },
    ],
    logs: [
      {
        time: 1700000000020.5,
        severity: 17,
        eventName: 'exception',
        body: 'it failed ß😀',
        attributes: { 'exception.type': 'TypeError' },
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        scope: 1,
      },
      { time: 1700000000030, severity: 9 },
    ],
    metrics: [
      {
        kind: 'histogram',
        name: 'browser.web_vital.lcp',
        value: 812.5,
        unit: 'ms',
        description: 'Largest Contentful Paint.',
        attributes: { rating: 'good' },
        scope: 0,
      },
      { kind: 'counter', name: 'messages.sent', value: 2 },
      { kind: 'upDownCounter', name: 'drafts.open', value: -1 },
      { kind: 'gauge', name: 'zoom', value: 1.25 },
    ],
  };
  const fixture: unknown = JSON.parse(
    readFileSync('tests/fixtures/page-signals.json', 'utf8'),
  );
  expect(fixture).toEqual(batch);
});
