import type { Attributes } from '../types/attributes.js';
import type { Meter } from '../types/meter.js';
import type { Span } from '../types/span.js';
import type { SpanParent } from '../types/spanOptions.js';
import { isPromise, runInSpan } from '../api/runInSpan.js';
import { isError } from '../lib/isError.js';
import { telemetry } from '../telemetry.js';
import type {
  Families,
  FamilyDeclaration,
  Fields,
  SpanFamilies,
  Values,
} from './types.js';

/**
 * Declares families of spans: each with the pattern of its names, its fields with their types, and its metrics. They are
 * those of `span_family!` of the crate `spankit`, and a family that both sides declare has the same names.
 *
 * Fields that are not declared do not compile, and are not sent.
 *
 * @example
 * ```ts
 * const { mapeK } = defineSpans({
 *   mapeK: {
 *     name: 'mape_k.{phase}',
 *     start: {
 *       phase: { name: 'mape_k.phase', type: ['monitor', 'analyze'] },
 *       cycle: { name: 'mape_k.cycle', type: 'int' },
 *     },
 *     end: { findings: { name: 'mape_k.findings', type: 'int' } },
 *     outcome: 'mape_k.outcome',
 *     metrics: [{ name: 'mape_k.phase.duration', of: 'duration', kind: 'histogram', unit: 's' }],
 *     by: ['phase'],
 *   },
 * });
 *
 * const found = await mapeK.run(
 *   { phase: 'analyze', cycle: 7 },
 *   (span) => span.invoke<string[]>('analyze'),
 *   (found) => ({ findings: found.length }),
 * );
 * ```
 *
 * @throws If a name needs a field that is not among those of the start.
 */
export function defineSpans<const Declared extends Families>(
  families: Declared,
): SpanFamilies<Declared> {
  const meter = telemetry.meter('spans');
  const defined = Object.entries(families).map(([key, declaration]) => [
    key,
    defineFamily(declaration, meter),
  ]);
  return Object.fromEntries(defined) as SpanFamilies<Declared>;
}

/** A running span, for those who do not know its declaration. */
interface AnySpan {
  readonly span: Span;
  readonly ok: (end?: Values) => void;
  readonly partial: (end?: Values) => void;
  readonly fail: (error: unknown) => void;
  readonly failAs: (errorType: string) => void;
}

/** A family, for those who do not know its declaration. */
interface AnyFamily {
  readonly start: (fields: Values, parent?: SpanParent) => AnySpan;
  readonly run: <T>(
    fields: Values,
    work: (span: Span) => T,
    end?: (value: Awaited<T>) => Values,
  ) => T;
}

function defineFamily(declaration: FamilyDeclaration, meter: Meter): AnyFamily {
  const { name, kind, start: declared = {} } = declaration;
  for (const [, field = ''] of name.matchAll(PLACEHOLDER)) {
    if (!(field in declared)) {
      throw new Error(
        `the name "${name}" needs "${field}", which is not a field of its start`,
      );
    }
  }
  const measure = measureBy(declaration, meter);

  const start = (fields: Values, parent?: SpanParent) => {
    const named = name.replace(PLACEHOLDER, (_, field: string) =>
      String(fields[field]),
    );
    const span = telemetry.startSpan(named, toAttributes(declared, fields), {
      ...(kind && { kind }),
      ...(parent && { parent }),
    });
    return endBy(span, declaration, measure(fields));
  };

  const run = <T>(
    fields: Values,
    work: (span: Span) => T,
    end?: (value: Awaited<T>) => Values,
  ): T => {
    const started = start(fields);
    let hasSucceeded = false;
    const succeed = (value: unknown) => {
      // A generator that is done can be asked again, and a query awaited again.
      if (hasSucceeded) return;
      hasSucceeded = true;
      let fields: Values | undefined;
      try {
        fields = end?.(value as Awaited<T>);
      } catch (error) {
        // The work has succeeded, whatever telemetry wants to know about it.
        console.error(error);
      }
      started.ok(fields);
    };
    const result = runInSpan(started.span, work, succeed, started.fail);
    // Another promise, to which the span does not listen: the browser reports its rejection if nobody handles it.
    return isPromise(result) ? (result.then() as T) : result;
  };
  return { start, run };
}

const PLACEHOLDER = /\{(\w+)\}/g;

/** Records how a span came out, once. */
function endBy(
  span: Span,
  { end: declared = {}, outcome: attribute }: FamilyDeclaration,
  measure: Measure,
): AnySpan {
  const since = performance.now();
  let hasEnded = false;
  const finish = (outcome: string, end: Values, errorType?: string) => {
    if (hasEnded) return;
    hasEnded = true;
    const attributes: Attributes = {
      ...(attribute && { [attribute]: outcome }),
      ...(errorType && { 'error.type': errorType }),
    };
    span.setAttributes(toAttributes(declared, end)).setAttributes(attributes);
    if (errorType) span.setStatus('error');
    span.end();
    measure(
      { ...end, duration: (performance.now() - since) / 1000 },
      attributes,
    );
  };
  const failAs = (errorType: string) => finish('failed', {}, errorType);
  return {
    span,
    ok: (end = {}) => finish('success', end),
    partial: (end = {}) => finish('partial', end),
    fail: (error) => failAs(typeOf(error)),
    failAs,
  };
}

type Measure = (measured: Values, attributes: Attributes) => void;

/** The metrics of a family, grouped by some fields of the start. */
function measureBy(
  { start = {}, by = [], metrics = [] }: FamilyDeclaration,
  meter: Meter,
): (fields: Values) => Measure {
  const grouping = Object.fromEntries(
    Object.entries(start).filter(([field]) => by.includes(field)),
  );
  const instruments = metrics.map(({ name, of, kind, unit }) => {
    const options = unit ? { unit } : {};
    const record =
      kind === 'counter'
        ? meter.counter(name, options).add
        : meter.histogram(name, options).record;
    return { of, record };
  });
  return (fields) => (measured, attributes) => {
    const dimensions = { ...toAttributes(grouping, fields), ...attributes };
    for (const { of, record } of instruments) {
      const value = measured[of];
      if (value !== undefined) record(Number(value), dimensions);
    }
  };
}

/** The declared fields under their names. */
function toAttributes(declared: Fields, values: Values): Attributes {
  return Object.fromEntries(
    Object.entries(declared).map(([field, { name }]) => [name, values[field]]),
  );
}

/** The text of an error is not recorded, because it can contain anything. */
function typeOf(error: unknown): string {
  if (!isError(error)) return '_OTHER';
  return error.name === 'AbortError' ? 'cancelled' : error.name;
}
