import { MAX_STRING } from './limits.js';

// With the `u` flag a proper pair is one character, so this finds only halves of pairs, which the cut
// below can leave too. `JSON.stringify` writes them as `\ud800`, which a strict parser such as serde
// refuses, and with it the whole batch. (`String.prototype.toWellFormed` is not in Safari 14.)
const LONE_SURROGATE = /[\ud800-\udfff]/gu;

/** The value as a string of tolerable length that any JSON parser takes. */
export function clip(value: unknown): string {
  const text: Checkable = String(value).slice(0, MAX_STRING);
  // Newer webviews know without a search.
  return text.isWellFormed?.() ? text : text.replace(LONE_SURROGATE, '\ufffd');
}

/** A string, with what ES2024 adds to it. */
type Checkable = string & { isWellFormed?(): boolean };
