// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest';
import type { WebVital } from '../instrumentations.js';
import { openDomPage } from './support/openDomPage.js';
import { OPENED } from './support/openPage.js';

test('a web vital is an event', async () => {
  const page = await openDomPage();
  let report: (vital: WebVital) => void = () => {};
  const stop = page.captureVitals((given) => (report = given));
  const vital = {
    name: 'LCP',
    value: 812.5,
    delta: 12,
    id: 'v5-1',
    rating: 'good',
    navigationType: 'navigate',
  };
  report(vital);
  stop();
  report(vital);
  expect(await page.logs()).toMatchObject([
    {
      eventName: 'browser.web_vital',
      attributes: {
        'browser.web_vital.name': 'lcp',
        'browser.web_vital.value': 812.5,
        'browser.web_vital.delta': 12,
        'browser.web_vital.id': 'v5-1',
        'browser.web_vital.rating': 'good',
        'browser.web_vital.navigation_type': 'navigate',
      },
    },
  ]);
});

test('where the webview measures nothing, web-vitals says nothing', async () => {
  const page = await openDomPage();
  vi.stubGlobal('PerformanceObserver', undefined);
  const warn = vi.spyOn(console, 'warn');
  const { onCLS, onFCP, onINP, onLCP, onTTFB } = await import('web-vitals');
  page.captureVitals(onCLS, onFCP, onINP, onLCP, onTTFB);
  expect(warn).not.toHaveBeenCalled();
  expect(await page.logs()).toEqual([]);
});

/** Stands in for the browser's, which tells of entries by a callback. */
class FakeObserver {
  static supportedEntryTypes: string[];
  static observed: string[] = [];
  static tell: (entries: unknown[]) => void;
  constructor(callback: (list: { getEntries(): unknown[] }) => void) {
    FakeObserver.tell = (entries) => callback({ getEntries: () => entries });
  }
  observe({ type }: { type: string }): void {
    FakeObserver.observed.push(type);
  }
  disconnect(): void {
    FakeObserver.tell = () => {};
  }
}

test('a long task is an event, at the time when it began', async () => {
  const page = await openDomPage();
  vi.stubGlobal('PerformanceObserver', FakeObserver);
  FakeObserver.supportedEntryTypes = ['longtask'];
  const stop = page.captureLongTasks();
  const task = { name: 'self', startTime: 250, duration: 80 };
  FakeObserver.tell([task]);
  stop();
  FakeObserver.tell([task]);
  expect(await page.logs()).toMatchObject([
    {
      eventName: 'browser.long_task',
      time: OPENED + 250,
      attributes: {
        'browser.long_task.name': 'self',
        'browser.long_task.duration': 80,
      },
    },
  ]);
});

test('what the page loads is an event, without the query and without the requests of its code', async () => {
  const page = await openDomPage();
  vi.stubGlobal('PerformanceObserver', FakeObserver);
  FakeObserver.supportedEntryTypes = ['resource'];
  page.captureResources();
  const script = {
    name: 'tauri://localhost/index.js?v=secret',
    initiatorType: 'script',
    startTime: 10,
    duration: 5,
  };
  FakeObserver.tell([script, { ...script, initiatorType: 'fetch' }]);
  const logs = await page.logs();
  expect(logs).toMatchObject([
    {
      eventName: 'browser.resource_timing',
      time: OPENED + 10,
      attributes: {
        'url.full': 'tauri://localhost/index.js',
        'browser.resource_timing.initiator_type': 'script',
        'browser.resource_timing.duration': 5,
      },
    },
  ]);
});

test('a type of entries that the webview does not know is not asked for', async () => {
  const page = await openDomPage();
  vi.stubGlobal('PerformanceObserver', FakeObserver);
  FakeObserver.supportedEntryTypes = ['mark'];
  FakeObserver.observed = [];
  page.captureLongTasks();
  expect(FakeObserver.observed).toEqual([]);
});

test('the page that is hidden and shown', async () => {
  const page = await openDomPage();
  const stop = page.captureVisibility();
  const state = vi.spyOn(document, 'visibilityState', 'get');
  for (const now of ['hidden', 'visible'] as const) {
    state.mockReturnValue(now);
    document.dispatchEvent(new Event('visibilitychange'));
  }
  stop();
  document.dispatchEvent(new Event('visibilitychange'));
  const logs = await page.logs();
  expect(
    logs.map(({ attributes }) => attributes?.['browser.visibility.state']),
  ).toEqual(['hidden', 'visible']);
  state.mockRestore();
});
