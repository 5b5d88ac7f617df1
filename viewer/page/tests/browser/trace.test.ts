import { expect, onTestFinished, test } from 'vitest';
import type { Page } from 'playwright-core';
import type { Trace } from '../../src/bindings/Trace';
import { stage } from '../support/browser';
import { IDS } from '../support/world.mjs';

const viewer = stage();

/** The name of the selected span. */
const selected = (page: Page) => page.locator('.span-name').textContent();

/** The id of a span of the trace that failed. */
const idOf = (name: string) =>
  traceOf(IDS.failed).spans.find((span) => span.name === name)?.spanId ?? '';

const traceOf = (id: string) => viewer.server.state.traces.get(id) as Trace;

async function openTrace(id: string, query = '') {
  const page = await viewer.open(`#/trace/${id}${query}`);
  await page.locator('.span-name').waitFor();
  return page;
}

test('errors are gone through one by one', async () => {
  const page = await openTrace(IDS.failed);
  const names = [];
  for (let press = 0; press < 4; press += 1) {
    await page.keyboard.press('e');
    names.push(await selected(page));
  }
  expect(names).toEqual([
    'send_message',
    'send_message',
    'push bob',
    'send_message',
  ]);
  await page.keyboard.press('E');
  await expect.poll(() => selected(page)).toBe('push bob');
  await page.getByText('bob is not connected').waitFor();
});

test('the link follows the selection, and opens where it was copied', async () => {
  const page = await openTrace(IDS.failed);
  // From then on the link follows.
  await page.waitForURL(/span=/);
  await page.keyboard.press('E');
  await expect.poll(() => selected(page)).toBe('push bob');
  await page.waitForURL((url) => url.hash.includes(idOf('push bob')));
  const again = await viewer.open(await page.evaluate(() => location.hash));
  await again.locator('.span-name').waitFor();
  expect(await selected(again)).toBe('push bob');
});

test('a search selects the first match and counts them', async () => {
  const page = await openTrace(IDS.send);
  await page.keyboard.press('/');
  await page.keyboard.type('sqlite');
  await expect.poll(() => selected(page)).toBe('INSERT outbox');
  await page.getByText('2 matches').waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(() => selected(page)).toBe('SELECT messages');
});

test('the tree is walked through by the arrows', async () => {
  const page = await openTrace(IDS.send);
  const walk = async (key: string, name: string) => {
    await page.keyboard.press(key);
    await expect.poll(() => selected(page)).toBe(name);
  };
  await page.getByText('self time').waitFor();
  await walk('ArrowRight', 'send_message');
  await walk('ArrowLeft', 'click “Send”');
  await walk('j', 'send_message');
});

test('an invoke is split into its five parts', async () => {
  const page = await openTrace(IDS.send);
  await page.keyboard.press('j');
  await page.locator('.split-list').waitFor();
  expect(
    await page
      .locator('.split-list > div > span:first-of-type')
      .allTextContents(),
  ).toEqual(['page', 'IPC', 'queue', 'body', 'return']);
});

test('a log record selects the span that wrote it', async () => {
  const page = await openTrace(IDS.failed);
  await page.getByRole('button', { name: /push bob: not connected/ }).click();
  await expect.poll(() => selected(page)).toBe('push bob');
});

test('a record before the trace has one sign', async () => {
  const trace = traceOf(viewer.server.arrive());
  viewer.server.state.traces.set(trace.traceId, {
    ...trace,
    logs: trace.logs.map((log) => ({ ...log, time: trace.startTime - 5 })),
  });
  const page = await openTrace(trace.traceId);
  const first = page.locator('.logs time').first();
  expect(await first.textContent()).toBe('−5 ms');
});

test('a trace with more log records than come with it links to all of them', async () => {
  const trace = traceOf(viewer.server.arrive());
  const [log] = trace.logs;
  viewer.server.state.traces.set(trace.traceId, {
    ...trace,
    logs: Array.from({ length: 1000 }, (_, id) => ({ ...log, id })),
  });
  const page = await openTrace(trace.traceId);
  await page.getByRole('link', { name: '1\u2009000+' }).click();
  await page.getByRole('log').waitFor();
  expect(page.url()).toContain(`#/logs?traceId=${trace.traceId}`);
});

test('the search of a trace says where it looks', async () => {
  const find = (page: Page) => page.getByRole('searchbox');
  const whole = await openTrace(IDS.send);
  expect(await find(whole).getAttribute('placeholder')).toMatch(/this trace/);
  const outline = await openTrace(IDS.archive);
  expect(await find(outline).getAttribute('placeholder')).toMatch(/names/);
});

test('a bar is selected by a click on it', async () => {
  const page = await openTrace(IDS.send);
  await page.locator('.scroller canvas[style*="height"]').waitFor();
  const box = await page.locator('.scroller').boundingBox();
  if (!box) throw new Error('there is a timeline');
  // The second row of the first lane: send_message, not far from the left.
  await page.mouse.click(box.x + 168 + 80, box.y + 5 + 22 + 11);
  await expect.poll(() => selected(page)).toBe('send_message');
});

test('what is under the pointer is named beside it, and nothing once it has left', async () => {
  const page = await openTrace(IDS.send);
  await page.locator('.scroller canvas[style*="height"]').waitFor();
  const box = await page.locator('.scroller').boundingBox();
  if (!box) throw new Error('there is a timeline');
  const at = [box.x + 168 + 80, box.y + 5 + 22 + 11] as const;
  await page.mouse.move(...at);
  const tip = page.locator('.timeline .tip');
  await tip.getByText('send_message').waitFor();
  await tip.getByText(/at .* self time/).waitFor();
  const place = await tip.boundingBox();
  expect(place?.x).toBeCloseTo(at[0] + 14, 0);
  expect(place?.y).toBeCloseTo(at[1] + 18, 0);
  await page.mouse.move(box.x + 300, box.y - 60);
  await tip.waitFor({ state: 'hidden' });
});

test('what is missing is said with its cause', async () => {
  const page = await openTrace(IDS.send);
  await page.getByText('12 spans dropped: queue full').waitFor();
  await page.getByText(/clocks ± 42 µs/).waitFor();
});

test('lanes, tree and flame graph show the same trace', async () => {
  const page = await openTrace(IDS.send);
  for (const mode of ['tree', 'flame', 'lanes']) {
    await page.keyboard.press('v');
    await page.getByRole('group', { name: `${mode} of` }).waitFor();
    await page.getByRole('button', { name: mode, pressed: true }).waitFor();
  }
});

test('zooming in shows a part, and 0 the whole', async () => {
  const page = await openTrace(IDS.send);
  const part = page.locator('.overview .window');
  await page.keyboard.press('+');
  await part.waitFor();
  await page.keyboard.press('0');
  await expect.poll(() => part.count()).toBe(0);
});

test('a fresh trace keeps selection, search and zoom when others arrive', async () => {
  const id = viewer.server.arrive();
  const page = await openTrace(id);
  await page.keyboard.press('+');
  await page.keyboard.press('/');
  await page.keyboard.type('outbox');
  await page.keyboard.press('Escape');
  await expect.poll(() => selected(page)).toBe('INSERT outbox');
  const again = async () => {
    const answer = page.waitForResponse((one) => one.url().endsWith(id));
    viewer.server.arrive();
    await (await answer).finished();
  };
  await again();
  await page.keyboard.press('ArrowLeft');
  await again();
  expect(await selected(page)).toBe('run send_message');
  const run = traceOf(id).spans.find(({ name }) => name === 'run send_message');
  await page.waitForURL((url) => url.hash.includes(run?.spanId ?? '–'));
  const link = new URL(page.url()).hash;
  await page.getByText('1 match', { exact: true }).waitFor();
  await page.locator('.overview .window').waitFor();
  const copied = await viewer.open(link);
  await expect.poll(() => selected(copied)).toBe('run send_message');
});

/** Another span arrives: it began 50 µs before all others, and called them. */
function growAbove(id: string): void {
  const by = 50_000;
  const trace = traceOf(id);
  const later = <T extends { offset: number }>(one: T) => ({
    ...one,
    offset: one.offset + by,
  });
  const [root] = trace.spans;
  if (!root) throw new Error('the trace has spans');
  const spanId = 'f'.repeat(16);
  viewer.server.state.traces.set(id, {
    ...trace,
    startTime: trace.startTime - by / 1e6,
    startTimeUnixNano: String(BigInt(trace.startTimeUnixNano) - BigInt(by)),
    duration: trace.duration + by,
    spans: [
      { ...root, spanId, name: 'app', duration: root.duration + by },
      ...trace.spans.map((span) => ({ parentSpanId: spanId, ...later(span) })),
    ],
    invokes: trace.invokes.map(later),
    criticalPath: trace.criticalPath.map(later),
  });
}

test('a trace that grows keeps selection, search, focus and the times that it shows', async () => {
  const id = viewer.server.arrive();
  const page = await openTrace(id);
  await page.keyboard.press('+');
  await page.keyboard.press('/');
  await page.keyboard.type('outbo');
  await expect.poll(() => selected(page)).toBe('INSERT outbox');
  /** When what is shown begins, in nanoseconds after the start of the trace. */
  const from = async () => {
    const left = await page
      .locator('.overview .window')
      .evaluate(({ style }: HTMLElement) => parseFloat(style.left));
    return (left / 100) * traceOf(id).duration;
  };
  const before = await from();
  growAbove(id);
  viewer.server.arrive();
  await page.getByText(`${traceOf(id).spans.length} spans`).waitFor();
  expect(await from()).toBeCloseTo(before + 50_000, 0);
  await page.keyboard.type('x');
  await page.getByText('1 match', { exact: true }).waitFor();
  expect(await page.getByRole('searchbox').inputValue()).toBe('outbox');
  expect(await selected(page)).toBe('INSERT outbox');
});

test('a trace that changes without growing is shown as it is', async () => {
  const id = viewer.server.arrive();
  const page = await openTrace(id);
  viewer.server.state.traces.set(id, { ...traceOf(id), name: 'renamed' });
  viewer.server.arrive();
  await page.getByRole('heading', { name: 'renamed' }).waitFor();
});

test('a trace that has not arrived yet is shown once it has', async () => {
  const traceId = 'a'.repeat(32);
  const page = await viewer.open(`#/trace/${traceId}`);
  await page.getByRole('alert').getByText('no trace').waitFor();
  const trace = traceOf(viewer.server.arrive());
  viewer.server.state.traces.set(traceId, { ...trace, traceId });
  viewer.server.arrive();
  await page.locator('.span-name').waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
});

test('a trace that cannot be asked for again keeps what is shown of it', async () => {
  const page = await openTrace(viewer.server.arrive());
  await page.keyboard.press('+');
  await page.keyboard.press('/');
  await page.keyboard.type('outbox');
  viewer.server.state.failure = 'the disk is busy';
  onTestFinished(() => (viewer.server.state.failure = undefined));
  viewer.server.arrive();
  const alert = page.getByRole('alert').getByText('the disk is busy');
  await alert.waitFor();
  await page.getByText('1 match', { exact: true }).waitFor();
  await page.locator('.overview .window').waitFor();
  viewer.server.state.failure = undefined;
  viewer.server.arrive();
  await alert.waitFor({ state: 'detached' });
  expect(await page.getByRole('searchbox').inputValue()).toBe('outbox');
});

test('a link to another span of the trace selects it, and back the one before', async () => {
  const page = await openTrace(IDS.failed);
  await page.waitForURL(/span=/);
  const hash = `#/trace/${IDS.failed}?span=${idOf('push bob')}`;
  await page.evaluate((hash) => (location.hash = hash), hash);
  await expect.poll(() => selected(page)).toBe('push bob');
  await page.goBack();
  await expect.poll(() => selected(page)).toBe('click “Send”');
});

/** Presses a key in each frame: faster than one that is held. */
const pressAll = (page: Page, keys: string) =>
  page.evaluate(async (keys) => {
    for (const key of keys) {
      document.body.dispatchEvent(
        new KeyboardEvent('keydown', { key, bubbles: true }),
      );
      await new Promise(requestAnimationFrame);
    }
  }, keys);

test('a key that is held changes the URL now and then, and in the end to what is selected', async () => {
  const page = await openTrace(IDS.failed);
  await page.waitForURL(/span=/);
  const times = await page.evaluateHandle(() => {
    const times = [performance.now()];
    const real = history.replaceState.bind(history);
    history.replaceState = (...args) => {
      times.push(performance.now());
      real(...args);
    };
    return times;
  });
  await pressAll(page, `${'jk'.repeat(70)}j`);
  await page.waitForURL((url) => url.hash.includes(idOf('send_message')));
  const [begin = 0, ...writes] = await times.jsonValue();
  // WebKit allows 100 in 30 seconds.
  const seconds = ((writes.at(-1) ?? 0) - begin) / 1000;
  expect(writes.length).toBeLessThanOrEqual(1 + seconds * 3);
});

test('a view that is opened right after a selection does not lose it', async () => {
  const page = await openTrace(IDS.failed);
  await page.waitForURL(/span=/);
  await pressAll(page, 'j2');
  await page.getByRole('table', { name: 'Commands' }).waitFor();
  await page.goBack();
  await expect.poll(() => selected(page)).toBe('send_message');
  expect(page.url()).toContain(idOf('send_message'));
});

test('only the spans of an invoke show its parts, also without the one of the page', async () => {
  const trace = traceOf(viewer.server.arrive());
  const [first] = trace.invokes;
  if (!first) throw new Error('the trace has invokes');
  const { clientSpanId, ...invoke } = first;
  viewer.server.state.traces.set(trace.traceId, {
    ...trace,
    spans: trace.spans.filter(({ spanId }) => spanId !== clientSpanId),
    invokes: [invoke],
  });
  const page = await openTrace(trace.traceId, `?span=${invoke.serverSpanId}`);
  await page.locator('.split').waitFor();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => selected(page)).toBe('run send_message');
  expect(await page.locator('.split').count()).toBe(0);
});

test('the wheel scrolls, also when it is moved a little sideways; sideways it moves the time', async () => {
  const page = await openTrace(IDS.archive, '?mode=tree');
  await page.keyboard.press('+');
  const shown = page.locator('.overview .window');
  const left = () => shown.evaluate(({ style }: HTMLElement) => style.left);
  const top = () =>
    page.locator('.scroller').evaluate(({ scrollTop }) => scrollTop);
  const before = await left();
  await page.mouse.move(700, 500);
  await page.mouse.wheel(3, 400);
  await expect.poll(top).toBe(400);
  expect(await left()).toBe(before);
  await page.mouse.wheel(40, 3);
  await expect.poll(left).not.toBe(before);
  await page.keyboard.down('Shift');
  await page.mouse.wheel(0, -400);
  await expect.poll(left).toBe('0%');
  expect(await top()).toBe(400);
});

test('the timeline takes the colours of another theme', async () => {
  const page = await openTrace(IDS.send);
  const picture = () =>
    page
      .locator('.scroller canvas')
      .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  // Drawn once: an empty canvas is a short text.
  await expect.poll(async () => (await picture()).length).toBeGreaterThan(9000);
  // Takes its room from the timeline when it comes.
  await page.locator('.foot').waitFor();
  const light = await picture();
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(picture).not.toBe(light);
  // The choice of a person comes before that of the system: dark, then light.
  await page.keyboard.press('t');
  await page.keyboard.press('t');
  await expect.poll(picture).toBe(light);
});

test('what a frame draws is bounded by the pixels, not by the 50 000 spans', async () => {
  const page = await openTrace(IDS.archive);
  const drawn = await page.evaluate(async () => {
    let calls = 0;
    const prototype = CanvasRenderingContext2D.prototype;
    for (const name of ['fillRect', 'fill', 'fillText', 'stroke'] as const) {
      const real = prototype[name] as (...args: unknown[]) => void;
      prototype[name] = function (this: unknown, ...args: unknown[]) {
        calls += 1;
        real.apply(this, args);
      } as never;
    }
    const scroller = document.querySelector('.scroller');
    const frame = () =>
      new Promise((resolve) =>
        requestAnimationFrame(() => requestAnimationFrame(resolve)),
      );
    const most = [];
    for (const top of [100, 1500, 3000]) {
      calls = 0;
      scroller?.scrollTo(0, top);
      await frame();
      most.push(calls);
    }
    return most;
  });
  for (const calls of drawn) {
    expect(calls).toBeGreaterThan(50);
    // 40 rows of at most 870 pixels, every second of them a gap, with the marks of the critical path.
    expect(calls).toBeLessThan(20_000);
  }
});
