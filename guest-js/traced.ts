import { telemetry } from './telemetry.js';

/**
 * A function that does what `fn` does, each call in a span of its own.
 *
 * @example
 * ```ts
 * import { traced } from 'tauri-plugin-opentelemetry-api';
 *
 * export const loadUser = traced('load user', (id: number) => readUser(id));
 * ```
 */
export function traced<This, Args extends unknown[], Result>(
  name: string,
  fn: (this: This, ...args: Args) => Result,
): (this: This, ...args: Args) => Result {
  return function (...args) {
    return telemetry.withSpan(name, () => fn.apply(this, args));
  };
}
