import { tagOf } from './tagOf.js';

/**
 * Whether a thrown value is an error that JavaScript has made, in this realm or another. The value
 * that a rejected invoke carries is not: it came as JSON.
 */
export function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || tagOf(thrown) === '[object Error]';
}
