/**
 * A point in time: milliseconds since the Unix epoch, a `Date`, or seconds and nanoseconds as
 * `@opentelemetry/api` has them.
 *
 * A bare `performance.now()` is not one: add `performance.timeOrigin`. Anything that is not a time
 * after 1973 is taken as "now".
 *
 * @example
 * ```ts
 * const time: TimeInput = performance.timeOrigin + event.timeStamp;
 * ```
 */
export type TimeInput = number | Date | [seconds: number, nanoseconds: number];
