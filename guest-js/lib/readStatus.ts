import type { PageStatus } from '../bindings/PageStatus.js';
import type { StatusCode } from '../bindings/StatusCode.js';
import type { StatusInput } from '../types/statusInput.js';
import { clip } from './clip.js';

/** By the numbers that `SpanStatusCode` of `@opentelemetry/api` gives them; 0 is unset. */
const CODES: readonly (StatusCode | 'unset')[] = ['unset', 'ok', 'error'];

/**
 * The status as it is sent, or `undefined` for one that is unset. `current` stays when what is given
 * is no status.
 */
export function readStatus(
  current: PageStatus | undefined,
  status: StatusInput,
  message: string | undefined,
  warn: (message: string) => void,
): PageStatus | undefined {
  const given =
    typeof status === 'object' && status ? status : { code: status, message };
  const code = typeof given.code === 'number' ? CODES[given.code] : given.code;
  if (!code || !CODES.includes(code)) {
    warn(
      `${String(given.code)} is no status of a span; the statuses are ok and error.`,
    );
    return current;
  }
  if (code === 'unset') return undefined;
  return {
    code,
    message: given.message === undefined ? undefined : clip(given.message),
  };
}
