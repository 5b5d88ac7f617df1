import type { Stop } from '../types/stop.js';

/** The function with this name. */
type Method<Owner, Name extends keyof Owner> = Extract<
  Owner[Name],
  (...args: never[]) => unknown
>;

/** A call of it, whose `this` is that of the caller. */
type Call<Owner, Name extends keyof Owner> = (
  ...args: Parameters<Method<Owner, Name>>
) => ReturnType<Method<Owner, Name>>;

/**
 * Replaces a method by one that calls it, and returns what takes the replacement back. If something else has
 * wrapped the method since, the replacement has to stay where it is; it then only calls the original.
 */
export function wrapMethod<Owner, Name extends keyof Owner>(
  owner: Owner,
  name: Name,
  wrap: (
    original: Call<Owner, Name>,
    args: Parameters<Method<Owner, Name>>,
    self: unknown,
  ) => ReturnType<Method<Owner, Name>>,
): Stop {
  const original = owner[name] as Call<Owner, Name>;
  let isStopped = false;
  const replacement = function (this: unknown, ...args) {
    if (isStopped) return Reflect.apply(original, this, args);
    return wrap((...given) => Reflect.apply(original, this, given), args, this);
  } as Call<Owner, Name>;
  owner[name] = replacement as Owner[Name];
  return () => {
    isStopped = true;
    if (owner[name] === replacement) owner[name] = original as Owner[Name];
  };
}
