import type { Attributes } from '../types/attributes.js';
import type { Span } from '../types/span.js';
import { runInSpan } from './lib/runInSpan.js';
import { startSpan } from './startSpan.js';
import type { Page } from './types/page.js';

/** `telemetry.withSpan`, with and without attributes. */
export function withSpan<T>(
  page: Page,
  name: string,
  attributesOrFn: Attributes | ((span: Span) => T) | undefined,
  fn?: (span: Span) => T,
): T {
  return runInSpan(
    startSpan(page, name, fn && (attributesOrFn as Attributes)),
    fn ?? (attributesOrFn as (span: Span) => T),
  );
}
