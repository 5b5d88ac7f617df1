import type { SpanKind } from '../bindings/SpanKind.js';
import type { Span } from '../types/span.js';
import type { SpanParent } from '../types/spanOptions.js';

/**
 * A field of a family.
 *
 * @example
 * ```ts
 * const phase: FieldDeclaration = { name: 'mape_k.phase', type: ['monitor', 'analyze'] };
 * ```
 */
export interface FieldDeclaration {
  /** The name of the attribute. */
  readonly name: string;
  /** Its type, or the texts that it can be. */
  readonly type: 'string' | 'int' | 'double' | 'boolean' | readonly string[];
  /** Whether it can be left out. Default: `false`. */
  readonly optional?: boolean;
}

/** Fields by the names that code gives them. */
export type Fields = { readonly [field in string]: FieldDeclaration };

/**
 * A metric that the spans of a family give.
 *
 * @example
 * ```ts
 * const metric: MetricDeclaration = { name: 'sync.duration', of: 'duration', kind: 'histogram', unit: 's' };
 * ```
 */
export interface MetricDeclaration {
  /** Its name. */
  readonly name: string;
  /** `duration`, which is in seconds, or a field of the end. */
  readonly of: string;
  /** How it aggregates. */
  readonly kind: 'counter' | 'histogram';
  /** The unit, as a code of UCUM. */
  readonly unit?: string;
}

/**
 * A family of spans.
 *
 * @example
 * ```ts
 * const family: FamilyDeclaration = { name: 'load {what}', start: { what: { name: 'load.what', type: 'string' } } };
 * ```
 */
export interface FamilyDeclaration {
  /** The name of its spans, in which `{field}` stands for a field of the start. */
  readonly name: string;
  /** The role of its spans. Default: `internal`. */
  readonly kind?: SpanKind;
  /** What is known at the start. */
  readonly start?: Fields;
  /** What is known at the end of a success. */
  readonly end?: Fields;
  /** The attribute that is `success`, `failed` or `partial`. */
  readonly outcome?: string;
  /** Metrics of the duration and of fields of the end. */
  readonly metrics?: readonly MetricDeclaration[];
  /** The fields of the start by which metrics are grouped. They must have few values. */
  readonly by?: readonly string[];
}

/** Families by the names that code gives them. */
export type Families = { readonly [family in string]: FamilyDeclaration };

/** Values of fields. */
export type Values = {
  readonly [field in string]?: string | number | boolean | undefined;
};

type ValueOf<Type> = Type extends 'string'
  ? string
  : Type extends 'int' | 'double'
    ? number
    : Type extends 'boolean'
      ? boolean
      : Type extends readonly (infer Label)[]
        ? Label
        : never;

type ValuesOf<Declared> = Declared extends Fields
  ? string extends keyof Declared
    ? Values
    : {
        readonly [
          Field in keyof Declared as Declared[Field] extends {
            optional: true;
          }
            ? never
            : Field
        ]: ValueOf<Declared[Field]['type']>;
      } & {
        readonly [
          Field in keyof Declared as Declared[Field] extends {
            optional: true;
          }
            ? Field
            : never
        ]?: ValueOf<Declared[Field]['type']> | undefined;
      }
  : { readonly [field in never]: never };

/** What is known of a span at its start. */
export type Start<Declared extends FamilyDeclaration> = ValuesOf<
  Declared['start']
>;

/** What is known of a span at its end. */
export type End<Declared extends FamilyDeclaration> = ValuesOf<Declared['end']>;

/** Arguments of an end, which a family without fields of the end leaves out. */
type EndArguments<Declared extends FamilyDeclaration> = Declared extends {
  end: Fields;
}
  ? [end: End<Declared>]
  : [];

/** A running span of a family. The first of its ends wins. */
export type FamilySpan<Declared extends FamilyDeclaration> = {
  /** The span, as the parent of others. */
  readonly span: Span;
  /** Ends it well. */
  readonly ok: (...end: EndArguments<Declared>) => void;
  /** Ends it with an error, of which the type is recorded and the text is not. */
  readonly fail: (error: unknown) => void;
  /** Ends it with this `error.type`, which has to be one of few. */
  readonly failAs: (errorType: string) => void;
} & (Declared extends { outcome: string }
  ? {
      /** Ends it as one that did a part of its work. */
      readonly partial: (...end: EndArguments<Declared>) => void;
    }
  : unknown);

/** A declared family. */
export interface SpanFamily<Declared extends FamilyDeclaration> {
  /** Starts a span, below the active one if no parent is given. */
  readonly start: (
    fields: Start<Declared>,
    parent?: SpanParent,
  ) => FamilySpan<Declared>;
  /**
   * Runs a function in a span, which ends as a span of `withSpan` does. Returns what the function returns; if that is a
   * promise, another promise with the same outcome. `end` makes the fields of the end from the value. If `end` throws,
   * its error is written to the console.
   */
  readonly run: <T>(
    fields: Start<Declared>,
    work: (span: Span) => T,
    ...end: Declared extends { end: Fields }
      ? [end: (value: Awaited<T>) => End<Declared>]
      : []
  ) => T;
}

/** The declared families. */
export type SpanFamilies<Declared extends Families> = {
  readonly [Family in keyof Declared]: SpanFamily<Declared[Family]>;
};
