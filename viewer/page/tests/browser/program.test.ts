import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { program, type Program } from '../support/program';

// The page against the real program, which reads a file of OTLP JSON lines.

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const START = Date.now() - 60_000;
const nanos = (millis: number) => `${START + millis}000000`;

const attributes = (values: Record<string, string>) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: { stringValue: value },
  }));
const resource = { attributes: attributes({ 'service.name': 'Shop' }) };

const PAGE = 'tauri-plugin-opentelemetry-api';
const APP = 'tauri-plugin-opentelemetry';

function span(
  scope: string,
  id: number,
  parent: number,
  name: string,
  kind: number,
  [from, to]: [number, number],
  values: Record<string, string> = {},
  status?: { code: number; message: string },
) {
  const spanId = (number: number) => number.toString(16).padStart(16, '0');
  const one = {
    traceId: TRACE,
    spanId: spanId(id),
    ...(parent ? { parentSpanId: spanId(parent) } : {}),
    name,
    kind,
    startTimeUnixNano: nanos(from),
    endTimeUnixNano: nanos(to),
    attributes: attributes(values),
    ...(status ? { status } : {}),
  };
  return { scope: { name: scope }, spans: [one] };
}

const rpc = { 'rpc.method': 'buy', 'rpc.system.name': 'tauri' };
const LINES = [
  {
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          span(PAGE, 1, 0, 'ui.button_click', 1, [0, 50], { button: 'buy' }),
          span(PAGE, 2, 1, 'buy', 3, [2, 48], rpc),
          span(APP, 3, 2, 'buy', 2, [5, 45], rpc, {
            code: 2,
            message: 'sold out',
          }),
          span('shop', 4, 3, 'reserve <b>item</b>', 1, [6, 40]),
        ],
      },
    ],
  },
  {
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          {
            scope: { name: 'shop' },
            logRecords: [
              {
                timeUnixNano: nanos(10),
                severityNumber: 17,
                severityText: 'ERROR',
                body: { stringValue: 'the last item is gone' },
                traceId: TRACE,
                spanId: '0000000000000004',
              },
            ],
          },
        ],
      },
    ],
  },
  {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            scope: { name: 'shop' },
            metrics: [
              {
                name: 'shop.sales',
                sum: {
                  aggregationTemporality: 2,
                  isMonotonic: true,
                  dataPoints: [0, 5000, 10_000].map((time, count) => ({
                    startTimeUnixNano: nanos(0),
                    timeUnixNano: nanos(time),
                    asInt: String(count * 3),
                  })),
                },
              },
            ],
          },
        ],
      },
    ],
  },
];

let folder: string;
let viewer: Program;
let browser: Browser;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otlp-'));
  const file = join(folder, 'run.jsonl');
  await writeFile(file, LINES.map((line) => JSON.stringify(line)).join('\n'));
  viewer = await program('open', file);
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  page = await browser.newPage({ viewport: { width: 1400, height: 860 } });
  page.setDefaultTimeout(10_000);
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(viewer.link);
  // The program may compile first.
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await viewer?.close();
  await rm(folder, { recursive: true, force: true });
});

const goto = (view: string) =>
  page.evaluate((hash) => (location.hash = hash), `#/${view}`);

test('a file that is opened is shown in every view', async () => {
  const traces = page.getByRole('table', { name: 'Traces' });
  await traces.getByText('ui.button_click').first().waitFor();

  await goto(`trace/${TRACE}`);
  await expect
    .poll(() => page.locator('.span-name').textContent())
    .toContain('ui.button_click');
  await page.getByText('the last item is gone').first().waitFor();

  await goto('commands');
  await page.getByRole('table').getByText('buy').first().waitFor();
  await goto('errors');
  await page.getByText('sold out').first().waitFor();
  await goto('logs?search=item');
  await page.getByRole('log').getByText('the last item is gone').waitFor();
  await goto('metrics/shop.sales');
  await page.locator('.chart canvas').first().waitFor();
  await goto('map');
  await page.locator('svg .node').first().waitFor();
  expect(problems).toEqual([]);
});

test('what the file says is text', async () => {
  await goto(`trace/${TRACE}?span=0000000000000004`);
  await expect
    .poll(() => page.locator('.span-name').textContent())
    .toContain('reserve <b>item</b>');
});
