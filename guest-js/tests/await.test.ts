import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Active } from '../kernel/types/kernel.js';
import type { Span } from '../types/span.js';
import { openPage, type FakePage } from './support/openPage.js';
import { runTransformed } from './support/runTransformed.js';

afterEach(() => vi.restoreAllMocks());

let page: FakePage;
beforeEach(async () => {
  page = await openPage();
});

/** Lets all microtasks run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

it('a child that starts after an await has the parent of one that starts before', async () => {
  const main = await runTransformed<
    (start: (name: string) => void) => Promise<void>
  >(`
    const work = async () => { await null; };
    async function main(start) {
      start('before');
      await work();
      start('after');
    }
  `);
  const { telemetry } = page;
  await telemetry.withSpan('outer', () =>
    main((name) => telemetry.startSpan(name).end()),
  );
  telemetry.startSpan('later').end();
  const trace = await page.trace();
  trace.root('outer').child('before');
  trace.root('outer').child('after');
  trace.root('later');
});

/** What a flow does, one step after the other. */
type Step =
  | { kind: 'wait' | 'value' | 'fail' | 'thenable' | 'loose' }
  | {
      kind: 'call' | 'span' | 'detach' | 'throwing' | 'generator';
      steps: Step[];
    }
  | { kind: 'all'; flows: Step[][] };

const { steps } = fc.letrec<{ steps: Step[]; step: Step }>((tie) => ({
  steps: fc.array(tie('step'), { maxLength: 4, depthIdentifier: 'flow' }),
  step: fc.oneof(
    { depthIdentifier: 'flow', maxDepth: 4, depthSize: 'small' },
    fc.record({
      kind: fc.constantFrom('wait', 'value', 'fail', 'thenable', 'loose'),
    }),
    fc.record({
      kind: fc.constantFrom('call', 'span', 'detach', 'throwing', 'generator'),
      steps: tie('steps'),
    }),
    fc.record({
      kind: fc.constant('all' as const),
      flows: fc.array(tie('steps'), { maxLength: 3 }),
    }),
  ),
})) as { steps: fc.Arbitrary<Step[]> };

/** What the code under test is given. `check` is called with what has to be active there. */
interface Env {
  check(expected: Active | undefined): void;
  /** Settles whenever the order of the run has it. */
  wait(fails?: boolean): Promise<void>;
  span(): Span;
}

/** The flows, in all the forms that asynchronous functions and \`await\` have. */
const FLOWS = `
  class Runner {
    constructor(env) { this.env = env; }

    async flow(steps, expected) {
      'use strict'
      const { env } = this;
      env.check(expected);
      for (const step of steps) {
        await this[step.kind](step, expected);
        env.check(expected);
      }
      return (await this.env.wait(), expected);
    }

    wait = async () => await this.env.wait();
    value = async (_, expected) => {
      const sum = (await 1) + await 2;
      this.env.check(expected);
      if (sum !== 3) throw new Error('wrong value');
    };
    async fail(_, expected) {
      try {
        await this.env.wait(true);
        throw new Error('not rejected');
      } catch (error) {
        this.env.check(expected);
        if (error !== 'as asked') throw error;
      } finally {
        await this.env.wait();
        this.env.check(expected);
      }
    }
    async thenable(_, expected) {
      const { env } = this;
      const seven = await {
        then(resolve) {
          env.check(expected);
          env.wait().then(() => resolve(7));
        },
      };
      env.check(expected);
      if (seven !== 7) throw new Error('wrong value');
    }
    // Nothing is active in what no asynchronous function continues.
    loose() { void this.env.wait().then(() => this.env.check(undefined)); }
    call = ({ steps }, expected) => this.flow(steps, expected);
    async span({ steps }, expected) {
      const { env } = this;
      const span = env.span();
      const inner = span.run(() => this.flow(steps, span));
      env.check(expected);
      await inner;
    }
    all = async ({ flows }, expected) => {
      const done = flows.map((steps) => this.flow(steps, expected));
      this.env.check(expected);
      await Promise.all(done);
    };
    async detach({ steps }, expected) {
      void this.flow(steps, expected);
      this.env.check(expected);
      const early = async (isDone) => { if (!isDone) await 1; };
      void early(true);
      this.env.check(expected);
    }
    async throwing({ steps }, expected) {
      const failing = async () => {
        await this.flow(steps, expected);
        throw 'as asked';
      };
      await failing().catch(() => this.env.check(undefined));
    }
    // Stays as it is, and goes on with nothing active.
    async generator({ steps }, expected) {
      const self = this;
      async function* pieces() {
        for (const step of steps) {
          await self.env.wait();
          yield step;
          self.env.check(undefined);
        }
      }
      const consume = async () => {
        await self.env.wait();
        for await (const step of pieces()) {
          self.env.check(undefined);
          await self.flow([step], undefined);
          self.env.check(undefined);
        }
      };
      await consume();
    }
  }
  const main = (env, steps, expected) => new Runner(env).flow(steps, expected);
`;

it('finds no wrong parent, however flows, rejections and timers interleave', async () => {
  const main =
    await runTransformed<
      (
        env: Env,
        steps: Step[],
        expected: Active | undefined,
      ) => Promise<unknown>
    >(FLOWS);
  const { kernel, telemetry } = page;
  let checks = 0;

  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(steps, fc.boolean()), { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(fc.nat(1000)),
      async (flows, order) => {
        const wrong: string[] = [];
        const pending: (() => void)[] = [];
        const env: Env = {
          check(expected) {
            checks++;
            if (kernel.active() !== expected) {
              wrong.push(String(new Error('wrong parent').stack));
            }
          },
          wait: (fails = false) =>
            new Promise((resolve, reject) => {
              pending.push(() => (fails ? reject('as asked') : resolve()));
            }),
          span: () => telemetry.startSpan('span'),
        };
        const results = flows.map(async ([flow, isInSpan]) => {
          const span = isInSpan ? telemetry.startSpan('root') : undefined;
          const start = () => main(env, flow, span);
          const result = span ? span.run(start) : start();
          env.check(undefined);
          await result;
        });
        const done = Promise.all(results);
        await settle();
        while (pending.length) {
          env.check(undefined);
          const next = Number(order.next().value) % pending.length;
          pending.splice(next, 1)[0]?.();
          await settle();
        }
        env.check(undefined);
        await done;
        expect(wrong).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
  expect(checks).toBeGreaterThan(5000);
});
