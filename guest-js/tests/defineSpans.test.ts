import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { telemetry } from '../index.js';
import { defineSpans, type Families } from '../spans.js';
import { recordTelemetry, type RecordedTelemetry } from '../testing.js';

const declared = {
  mapeK: {
    name: 'mape_k.{phase}',
    start: {
      phase: {
        name: 'mape_k.phase',
        type: ['monitor', 'analyze', 'plan', 'execute'],
      },
      cycle: { name: 'mape_k.cycle', type: 'int' },
    },
    end: { findings: { name: 'mape_k.findings', type: 'int' } },
    outcome: 'mape_k.outcome',
    metrics: [
      {
        name: 'mape_k.phase.duration',
        of: 'duration',
        kind: 'histogram',
        unit: 's',
      },
      { name: 'mape_k.findings', of: 'findings', kind: 'counter' },
    ],
    by: ['phase'],
  },
  connect: {
    name: 'mesh.connect {peer}',
    kind: 'client',
    start: {
      peer: { name: 'mesh.peer.id', type: 'string' },
      transport: { name: 'network.transport', type: 'string', optional: true },
    },
  },
} as const;
const { mapeK, connect } = defineSpans(declared);

let recorded: RecordedTelemetry;
beforeEach(() => {
  vi.stubGlobal('window', globalThis);
  recorded = recordTelemetry();
});
afterEach(() => recorded.stop());

const FAILED = {
  name: 'mape_k.analyze',
  status: { code: 'error' },
  attributes: { 'mape_k.outcome': 'failed' },
};

test('a success has the declared attributes and no others', async () => {
  const found = await mapeK.run(
    { phase: 'analyze', cycle: 7 },
    async () => ['a', 'b'],
    ({ length }) => ({ findings: length }),
  );
  expect(found).toEqual(['a', 'b']);
  const [span] = recorded.spans;
  expect(span?.name).toBe('mape_k.analyze');
  expect(span?.attributes).toEqual({
    'mape_k.phase': 'analyze',
    'mape_k.cycle': 7,
    'mape_k.findings': 2,
    'mape_k.outcome': 'success',
  });
});

test('an undeclared field does not compile, and is not sent', () => {
  // @ts-expect-error There is no such field.
  connect.start({ peer: 'b', hops: 1 }).ok();
  // @ts-expect-error It is a number.
  mapeK.start({ phase: 'analyze', cycle: '7' }).failAs('asked');
  // @ts-expect-error There is no such phase.
  mapeK.start({ phase: 'rest', cycle: 7 }).failAs('asked');
  // @ts-expect-error It lacks what is known at the end.
  mapeK.start({ phase: 'monitor', cycle: 7 }).ok();
  // @ts-expect-error It has no outcome.
  expect(connect.start({ peer: 'b' }).partial).toBeTypeOf('function');
  expect(recorded.spans[0]).toMatchObject({
    name: 'mesh.connect b',
    kind: 'client',
  });
  expect(recorded.spans[0]?.attributes).toEqual({ 'mesh.peer.id': 'b' });
});

test.each([
  ['TypeError', new TypeError('a secret')],
  ['cancelled', new DOMException('a secret', 'AbortError')],
  ['_OTHER', 'a secret'],
])(
  'a failure is told by its type and never by its text: %s',
  async (errorType, error) => {
    const throws = () => {
      throw error;
    };
    const fields = { phase: 'analyze', cycle: 1 } as const;
    const end = () => ({ findings: 1 });
    expect(() => mapeK.run(fields, throws, end)).toThrow();
    await expect(mapeK.run(fields, async () => throws(), end)).rejects.toBe(
      error,
    );
    expect(recorded.spans).toHaveLength(2);
    for (const span of recorded.spans) {
      expect(span).toMatchObject(FAILED);
      expect(span.attributes).toMatchObject({ 'error.type': errorType });
    }
    expect(JSON.stringify(recorded.spans)).not.toContain('secret');
  },
);

test('a query is returned as it is, and its span ends once it has run', async () => {
  const rows = ['a', 'b'];
  const query = {
    limit: () => query,
    then: vi.fn((done: (value: string[]) => void) => done(rows)),
  };
  const { then } = query;
  const fields = { phase: 'analyze', cycle: 1 } as const;
  const select = () => query as unknown as PromiseLike<string[]>;
  const found = mapeK.run(fields, select, ({ length }) => ({
    findings: length,
  }));
  expect(found).toBe(query);
  expect(then).not.toHaveBeenCalled();
  expect(recorded.spans).toEqual([]);
  expect(await found).toBe(rows);
  expect(recorded.spans[0]?.attributes).toMatchObject({ 'mape_k.findings': 2 });
});

test('a rejection that nobody handles is reported by the browser', async () => {
  const failed = Promise.reject(new Error('nobody handles it'));
  failed.catch(() => {});
  const fields = { phase: 'analyze', cycle: 1 } as const;
  // It is that of the promise that is returned, which the span does not listen to.
  const returned = mapeK.run(
    fields,
    () => failed,
    () => ({ findings: 0 }),
  );
  expect(returned).not.toBe(failed);
  await expect(returned).rejects.toThrow('nobody handles it');
});

test('an error in what makes the fields of the end is told, and hurts no work', async () => {
  const told = vi.spyOn(console, 'error').mockReturnValue();
  const broken = new Error('no rows');
  const end = () => {
    throw broken;
  };
  const fields = { phase: 'analyze', cycle: 1 } as const;
  expect(mapeK.run(fields, () => 7, end)).toBe(7);
  expect(await mapeK.run(fields, async () => 8, end)).toBe(8);
  expect(told.mock.calls).toEqual([[broken], [broken]]);
  expect(recorded.spans).toHaveLength(2);
  for (const span of recorded.spans)
    expect(span.attributes).toMatchObject({ 'mape_k.outcome': 'success' });
  told.mockRestore();
});

test('the first end wins', () => {
  const phase = mapeK.start({ phase: 'analyze', cycle: 1 });
  phase.partial({ findings: 1 });
  phase.fail(new Error('late'));
  expect(recorded.spans).toHaveLength(1);
  expect(recorded.spans[0]?.attributes).toMatchObject({
    'mape_k.outcome': 'partial',
  });
});

test('a span is below the active one, or the one that is given', () => {
  const outer = telemetry.startSpan('outer');
  outer.run(() => connect.start({ peer: 'b' }).ok());
  connect.start({ peer: 'c' }, outer).ok();
  outer.end();
  const parent = outer.spanContext().spanId;
  expect(recorded.spans.map((span) => span.parentSpanId)).toEqual([
    parent,
    parent,
    undefined,
  ]);
});

test('metrics come from the same declaration', () => {
  mapeK.start({ phase: 'monitor', cycle: 1 }).ok({ findings: 3 });
  mapeK.start({ phase: 'monitor', cycle: 2 }).failAs('timeout');
  const group = { 'mape_k.phase': 'monitor', 'mape_k.outcome': 'success' };
  const failed = {
    'mape_k.phase': 'monitor',
    'mape_k.outcome': 'failed',
    'error.type': 'timeout',
  };
  expect(recorded.metrics).toMatchObject([
    { name: 'mape_k.phase.duration', unit: 's', attributes: group },
    { name: 'mape_k.findings', value: 3, attributes: group },
    { name: 'mape_k.phase.duration', attributes: failed },
  ]);
});

test('a name that needs an unknown field is an error', () => {
  expect(() => defineSpans({ load: { name: 'load {what}' } })).toThrow(
    'the name "load {what}" needs "what"',
  );
});

/** The families of the mesh node that a page could have. */
const mesh: Families = {
  mapeK: declared.mapeK,
  connect: {
    name: 'mesh.connect {peer}',
    kind: 'client',
    start: {
      peer: { name: 'mesh.peer.id', type: 'string' },
      transport: { name: 'network.transport', type: 'string' },
    },
    end: {
      hops: { name: 'mesh.hops', type: 'int' },
      roundTrip: { name: 'mesh.round_trip', type: 'double' },
    },
    metrics: [
      {
        name: 'mesh.round_trip',
        of: 'roundTrip',
        kind: 'histogram',
        unit: 's',
      },
    ],
    by: ['transport'],
  },
};

test.each(Object.values(mesh))(
  'the declaration of $name is that of Rust',
  (family) => {
    // YAML, in the part of it that is JSON.
    const registry = JSON.parse(
      readFileSync('examples/mesh-node/families.yaml', 'utf8'),
    );
    const { name, kind = 'internal', outcome } = family;
    const { start = {}, end = {}, metrics = [], by = [] } = family;
    const span = registry.spans.find(
      (one: { name: { note: string } }) => one.name.note === name,
    );
    expect(span).toMatchObject({ kind });
    expect(span.annotations?.spankit.outcome).toBe(outcome);
    const attributes = [start, end].flatMap((fields) =>
      Object.values(fields).map((field) => ({
        ref: field.name,
        requirement_level: field.optional ? 'recommended' : 'required',
        sampling_relevant: fields === start,
      })),
    );
    if (outcome)
      attributes.push({
        ref: outcome,
        requirement_level: 'required',
        sampling_relevant: false,
      });
    expect(span.attributes).toEqual(attributes);
    for (const field of Object.values({ ...start, ...end })) {
      const { type } = registry.attributes.find(
        ({ key }: { key: string }) => key === field.name,
      );
      const values = type.members?.map(({ value }: { value: string }) => value);
      expect(field.type).toEqual(values ?? type);
    }
    const grouped = by.map((field) => ({ ref: start[field]?.name }));
    if (outcome) grouped.push({ ref: outcome });
    for (const metric of metrics)
      expect(registry.metrics).toContainEqual(
        expect.objectContaining({
          name: metric.name,
          instrument: metric.kind,
          unit: metric.unit ?? '1',
          attributes: grouped,
        }),
      );
  },
);
