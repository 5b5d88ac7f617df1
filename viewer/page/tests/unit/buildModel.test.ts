import { expect, test } from 'vitest';
import type { Trace } from '../../src/bindings/Trace';
import { buildModel } from '../../src/lib/buildModel';
import { criticalStretches } from '../../src/lib/criticalStretches';
import { matchSpans } from '../../src/lib/matchSpans';
import { nextMarked } from '../../src/lib/nextMarked';
import { partsOf } from '../../src/lib/partsOf';
import { preorder } from '../../src/lib/preorder';
import { relatedTo } from '../../src/lib/relatedTo';
import { wiresOf } from '../../src/lib/wiresOf';
import { IDS, world } from '../support/world.mjs';

const trace = world().traces.get(IDS.failed) as Trace;
const model = buildModel(trace);
const at = (name: string) =>
  trace.spans.findIndex((span) => span.name === name);

test('the tree is that of the parent ids', () => {
  trace.spans.forEach(({ parentSpanId }, index) => {
    const parent = model.forest.parent[index] ?? -1;
    expect(trace.spans[parent]?.spanId).toBe(parentSpanId);
  });
  expect(preorder(model.forest).order).toEqual(
    trace.spans.map((_, index) => index),
  );
});

test('a span whose parent has not arrived is a root', () => {
  const alone = { ...trace, spans: trace.spans.slice(3) };
  expect(buildModel(alone).forest.roots).toContain(0);
});

test('a span that names itself or a later one as its parent is a root', () => {
  const [first, second] = trace.spans;
  if (!first || !second) throw new Error('the trace has spans');
  const spans = [
    { ...first, parentSpanId: second.spanId },
    { ...second, parentSpanId: second.spanId },
  ];
  expect(buildModel({ ...trace, spans }).forest.roots).toEqual([0, 1]);
});

test('a chain as deep as a trace can be does not overflow the stack', () => {
  const [first] = trace.spans;
  if (!first) throw new Error('the trace has spans');
  const spans = Array.from({ length: 50_000 }, (_, index) => ({
    ...first,
    spanId: String(index),
    ...(index > 0 ? { parentSpanId: String(index - 1) } : {}),
  }));
  const { forest } = buildModel({ ...trace, spans });
  expect(preorder(forest).depth[49_999]).toBe(49_999);
});

test('the parts of an invoke follow each other to its end, and the span of the page begins with the IPC', () => {
  const all = partsOf(model);
  const parts = all.get(at('send_message')) ?? [];
  // The span of the core is the next one.
  expect(all.get(at('send_message') + 1)).toBe(parts);
  expect(parts.map(({ name }) => name)).toEqual([
    'page',
    'IPC',
    'queue',
    'body',
    'return',
  ]);
  const client = trace.spans[at('send_message')];
  let reached = parts[0]?.from ?? -1;
  for (const { name, from, duration } of parts) {
    if (name === 'IPC') expect(from).toBe(client?.offset);
    expect(from).toBe(reached);
    reached += duration;
  }
  expect(reached).toBe((client?.offset ?? 0) + (client?.duration ?? 0));
});

test('each invoke has a way to the core and one back, in the lane between', () => {
  const wires = wiresOf(model);
  expect(wires.length).toBe(2 * trace.invokes.length);
  for (const { lane, from, to } of wires) {
    expect(trace.lanes[lane]?.kind).toBe('ipc');
    expect(to).toBeGreaterThanOrEqual(from);
  }
});

test('the stretches of the critical path are those of the viewer, by span', () => {
  const pairs = [...criticalStretches(model)].flatMap(([span, list]) =>
    list.flatMap((from, index) =>
      index % 2 ? [] : [[trace.spans[span]?.spanId, from, list[index + 1]]],
    ),
  );
  pairs.sort(([, a], [, b]) => Number(a) - Number(b));
  expect(pairs).toEqual(
    trace.criticalPath.map(({ spanId, offset, duration }) => [
      spanId,
      offset,
      offset + duration,
    ]),
  );
});

test('the next error is found around the end', () => {
  const errors = trace.spans.flatMap(({ status }, index) =>
    status === 'error' ? [index] : [],
  );
  const [first, second, last] = errors as [number, number, number];
  expect(nextMarked(model.failed, -1, 1)).toBe(first);
  expect(nextMarked(model.failed, first, 1)).toBe(second);
  expect(nextMarked(model.failed, last, 1)).toBe(first);
  expect(nextMarked(model.failed, first, -1)).toBe(last);
  expect(nextMarked(new Uint8Array(4), 2, 1)).toBe(-1);
});

test('a search finds names and attributes, all words of it', () => {
  const names = (text: string) =>
    trace.spans
      .filter((_, index) => matchSpans(trace.spans, text)?.[index])
      .map(({ name }) => name);
  expect(names('POST 502')).toEqual(['POST /messages', 'POST /messages']);
  expect(names('db.system.name=sqlite outbox')).toEqual(['INSERT outbox']);
  expect(matchSpans(trace.spans, '  ')).toBeUndefined();
});

test('a span is related to its ancestors and its children', () => {
  const pairs = relatedTo(model.forest, at('run send_message'));
  const names = pairs.map((pair) =>
    pair.map((span) => trace.spans[span]?.name).join(' > '),
  );
  expect(names).toContain('click “Send” > send_message');
  expect(names).toContain('run send_message > validate');
  expect(names).not.toContain('click “Send” > list_messages');
});
