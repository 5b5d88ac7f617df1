import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { telemetry, traced } from '../index.js';
import { recordTelemetry, type RecordedTelemetry } from '../testing.js';

const save = traced('save', async (text: string) => {
  telemetry.activeSpan()?.setAttribute('length', text.length);
  return telemetry.invoke<string>('save', { text });
});

let recorded: RecordedTelemetry;
beforeEach(() => {
  vi.stubGlobal('window', {
    __TAURI_INTERNALS__: { invoke: async () => 'saved' },
  });
  recorded = recordTelemetry();
});
afterEach(() => recorded.stop());

test('a test sees the spans of the code that it runs, those of invokes as well', async () => {
  expect(await save('hello')).toBe('saved');
  const [invoke, outer] = recorded.spans;
  expect(outer).toMatchObject({ name: 'save', attributes: { length: 5 } });
  expect(invoke).toMatchObject({
    name: 'save',
    invoke: true,
    traceId: outer?.traceId,
    parentSpanId: outer?.spanId,
  });
  expect(recorded.spans).toHaveLength(2);
});

test('each recording begins with nothing', () => {
  expect(recorded.spans).toEqual([]);
  telemetry.startSpan('x').end();
  expect(recorded.spans).toHaveLength(1);
});

test('after it has stopped, telemetry is off', () => {
  recorded.stop();
  expect(telemetry.enabled).toBe(false);
  telemetry.startSpan('x').end();
  expect(recorded.spans).toEqual([]);
});
