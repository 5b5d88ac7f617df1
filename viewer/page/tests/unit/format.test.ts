import { expect, test } from 'vitest';
import { bucketOf } from '../../src/lib/bucketOf';
import { formatAgo } from '../../src/lib/formatAgo';
import { formatAttribute } from '../../src/lib/formatAttribute';
import { formatBytes } from '../../src/lib/formatBytes';
import { formatCount } from '../../src/lib/formatCount';
import { formatDuration } from '../../src/lib/formatDuration';
import { formatOffset } from '../../src/lib/formatOffset';
import { formatPercent } from '../../src/lib/formatPercent';
import { formatRate } from '../../src/lib/formatRate';
import { formatTick } from '../../src/lib/formatTick';
import { formatTime } from '../../src/lib/formatTime';
import { formatTimeTicks } from '../../src/lib/formatTimeTicks';
import { formatValue } from '../../src/lib/formatValue';
import { formatWhen } from '../../src/lib/formatWhen';
import { niceTicks } from '../../src/lib/niceTicks';
import { panRange } from '../../src/lib/panRange';
import { parseDuration } from '../../src/lib/parseDuration';
import { visibleText } from '../../src/lib/visibleText';
import { zoomRange } from '../../src/lib/zoomRange';

test.each([
  [0, '0'],
  [1, '1 ns'],
  [999, '999 ns'],
  [52_000, '52 µs'],
  [999_600, '1 ms'],
  [1_180_000, '1.18 ms'],
  [12_340_000, '12.3 ms'],
  [999_400_000, '999 ms'],
  [1_500_000_000, '1.5 s'],
  [123_000_000_000, '2 min 03 s'],
  [7_260_000_000_000, '2 h 01 min'],
  [-52_000, '−52 µs'],
  [NaN, '–'],
])('%d ns is %s', (nanoseconds, text) => {
  expect(formatDuration(nanoseconds)).toBe(text);
});

test.each([
  [[0, 200e3, 1e6], 200e3, 1e6, ['0', '0.2 ms', '1 ms']],
  [[5e9, 5.0001e9], 1e5, 5.001e9, ['5 s', '5.0001 s']],
  [[60e9, 80e9], 20e9, 90e9, ['1 min 00 s', '1 min 20 s']],
  [[80e9, 80.05e9], 5e7, 80.5e9, ['80 s', '80.05 s']],
  [[3600e9, 3800e9], 2e11, 7200e9, ['1 h 00 min', '1 h 03 min']],
  [[3600e9, 3605e9], 5e9, 3650e9, ['3600 s', '3605 s']],
  [[0.5, 1], 0.5, 2, ['0.5 ns', '1 ns']],
])('the ticks at %j ns are told apart', (ticks, step, last, texts) => {
  expect(ticks.map((tick) => formatTick(tick, step, last))).toEqual(texts);
});

test.each([
  [12.34, '12.3/s'],
  [0.5, '30.0/min'],
  [3 / 3600, '3/h'],
  [1 / 18_000, '< 1/h'],
])('%d calls a second are %s', (rate, text) => {
  expect(formatRate(rate)).toBe(text);
});

test.each([
  ['15ms', 15e6],
  ['1.5 s', 1.5e9],
  ['2m', 120e9],
  ['7', 7e6],
  ['', undefined],
  ['5 apples', undefined],
])('%j is read as %s ns', (text, nanoseconds) => {
  expect(parseDuration(text)).toBe(nanoseconds);
});

test('a time is cut and not rounded, so that it never shows the next second', () => {
  const time = new Date(2026, 10, 25, 14, 2, 59).getTime() + 999.96;
  expect(formatTime(time)).toBe('14:02:59.999');
  expect(formatTime(time, 0)).toBe('14:02:59');
});

test('bytes, counts, shares and values have units that read well', () => {
  expect([214, 3277, 1 << 30, 1023.99 * 1024].map(formatBytes)).toEqual([
    '214 B',
    '3.2 KiB',
    '1 GiB',
    '1 MiB',
  ]);
  expect([17, 48_212, 212_400, 3_100_000].map(formatCount)).toEqual([
    '17',
    '48\u2009212',
    '212 k',
    '3.1 M',
  ]);
  expect([0.0023, 0.5, 1.25].map(formatCount)).toEqual([
    '0.0023',
    '0.5',
    '1.3',
  ]);
  expect([0, 0.0001, 0.004, 0.12, 0.9999, 1].map(formatPercent)).toEqual([
    '0 %',
    '< 0.1 %',
    '0.4 %',
    '12 %',
    '> 99.9 %',
    '100 %',
  ]);
  expect(formatValue(0.0012, 's')).toBe('1.2 ms');
  expect(formatValue(2048, 'By')).toBe('2 KiB');
  expect(formatValue(3, '{invoke}')).toBe('3');
  expect(formatValue(3, 'Cel')).toBe('3 Cel');
  expect(formatAgo(0, 90_000)).toBe('1 min ago');
});

test('what cannot be seen or turns the text around is written out', () => {
  expect(visibleText('a\u202Eb\u0000\u200Bc\nd\te')).toBe(
    'a⟨202E⟩b⟨0000⟩⟨200B⟩c\nd\te',
  );
  expect(visibleText('👩\u200D💻 é')).toBe('👩\u200D💻 é');
});

test('an attribute is text, whatever it is, and no longer than can be read', () => {
  expect(formatAttribute('a', null)).toBe('null');
  expect(formatAttribute('a', ['<b>', { c: 1 }])).toBe('["<b>",{"c":1}]');
  expect(formatAttribute('a', 'x'.repeat(20_000)).length).toBeLessThan(10_100);
});

test.each([
  'tauri.invoke.request.size',
  'http.response.body.size',
  'messaging.message.envelope.size',
  'browser.resource_timing.transfer_size',
  'browser.resource_timing.decoded_body_size',
  'file.size',
  'message.bytes',
])('%s is read in bytes', (name) => {
  expect(formatAttribute(name, 2048)).toBe('2 KiB');
});

test.each(['db.operation.batch.size', 'cassandra.page.size', 'pool.size'])(
  '%s is a count',
  (name) => {
    expect(formatAttribute(name, 2048)).toBe('2048');
  },
);

test('ticks are round and inside', () => {
  expect(niceTicks(0, 1180, 6)).toEqual([0, 200, 400, 600, 800, 1000]);
  expect(niceTicks(5, 5, 6)).toEqual([]);
});

test('a value is in the bucket whose bound it does not pass', () => {
  const bounds = [1, 2, 5];
  expect([0.5, 1, 1.5, 5, 6].map((value) => bucketOf(bounds, value))).toEqual([
    0, 0, 1, 2, 3,
  ]);
});

test('zooming keeps the time under the pointer and stays within the trace', () => {
  expect(zoomRange([0, 1000], 250, 0.5, 1000)).toEqual([125, 625]);
  expect(zoomRange([125, 625], 250, 100, 1000)).toEqual([0, 1000]);
  expect(zoomRange([0, 10], 0, 0.5, 10)).toEqual([0, 10]);
  expect(panRange([0, 100], -50, 1000)).toEqual([0, 100]);
  expect(panRange([0, 100], 2000, 1000)).toEqual([900, 1000]);
});

test('a time has its day unless that is today', () => {
  const now = new Date(2026, 10, 26, 12).getTime();
  const at = (day: number) => new Date(2026, 10, day, 8, 0, 1).getTime();
  expect([26, 25, 24].map((day) => formatWhen(at(day), now))).toEqual([
    '08:00:01.000',
    'yesterday 08:00:01.000',
    '2026-11-24 08:00:01.000',
  ]);
  expect(formatWhen(at(25), now, 0)).toBe('yesterday 08:00:01');
});

test('ticks of an axis say which day it is, where one begins and where they are days apart', () => {
  const now = new Date(2026, 10, 26, 12).getTime();
  const at = (day: number, hour: number) =>
    new Date(2026, 10, day, hour).getTime();
  expect(formatTimeTicks([at(24, 18), at(25, 0), at(25, 6)], now)).toEqual([
    '18:00:00',
    'yesterday',
    '06:00:00',
  ]);
  expect(formatTimeTicks([at(23, 1), at(24, 1)], now)).toEqual([
    '2026-11-23',
    '2026-11-24',
  ]);
});

test('what was before a trace has one sign', () => {
  expect([5e6, 0, -5e6].map(formatOffset)).toEqual(['+5 ms', '+0', '−5 ms']);
});
