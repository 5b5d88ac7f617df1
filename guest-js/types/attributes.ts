/**
 * A value of an attribute.
 *
 * @example
 * ```ts
 * const tags: AttributeValue = ['a', 'b'] as const;
 * ```
 */
export type AttributeValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | readonly boolean[];

/**
 * What a span, an event or a link says about itself.
 *
 * Values of any other type (objects, functions, `null`, `NaN`, mixed arrays) are dropped silently;
 * strings are cut at 4096 characters; attributes after the 128th are dropped.
 *
 * @example
 * ```ts
 * const attributes: Attributes = { button: 'send', retries: 2, tags: ['a', 'b'] };
 * ```
 */
export type Attributes = { [key in string]?: AttributeValue };
