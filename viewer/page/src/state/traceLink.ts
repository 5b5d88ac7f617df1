import { linkTo } from '../lib/linkTo';
import type { Link } from '../types/Link';
import { link } from './link';

/** The link to a trace, or to one of its spans, in the run that is shown. */
export function traceLink(traceId: string, spanId?: string): Link {
  const run = link.value.params.get('run');
  return linkTo('trace', { run, span: spanId }, traceId);
}
