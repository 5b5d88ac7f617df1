import { startSpan } from '../../api/startSpan.js';
import { IPC_URL } from '../../kernel/lib/readCommand.js';
import type { Kernel } from '../../kernel/types/kernel.js';
import type { Span } from '../../types/span.js';
import { pageUrl } from './pageUrl.js';

/**
 * What `traceFetch` and `traceXhr` leave to defaults.
 *
 * @example
 * ```ts
 * traceFetch({ propagateTo: ['https://api.example.com'] });
 * ```
 */
export interface TraceRequestOptions {
  /**
   * Origins that get a `traceparent`, beside that of the page. They have to allow the header by CORS, or the browser
   * refuses the requests. With `null` no origin gets one, that of the page included.
   */
  readonly propagateTo?: readonly string[] | null;
}

/** A request that has a span. */
export interface TracedRequest {
  /** The header that goes with it, if its origin may see it. */
  readonly traceparent: string | undefined;
  /** Ends the span with the status of the answer, or with what went wrong. */
  end(outcome: number | string): void;
}

/** The origins that get a context: that of the page, and those in `propagateTo`, of which people copy URLs with a path as well. */
export function readOrigins(
  kernel: Kernel,
  { propagateTo = [] }: TraceRequestOptions,
): string[] {
  if (!propagateTo) return [];
  const named = propagateTo.flatMap((url) => {
    const target = parseHttp(url);
    if (target) return target.origin;
    kernel.warn(`${url} in propagateTo is no origin.`);
    return [];
  });
  return [location.origin, ...named];
}

/**
 * Starts the CLIENT span of a request, by the semantic conventions for HTTP. `undefined` for what is no request over
 * HTTP, such as an invoke. `origins` get its context: another one would refuse a request with a header that it does not
 * know.
 */
export function startRequest(
  kernel: Kernel,
  method: string,
  url: string,
  origins: readonly string[],
): TracedRequest | undefined {
  // The kernel makes the spans of invokes. They are told before anything is parsed: an invoke should not wait for that.
  if (IPC_URL.test(url)) return undefined;
  const target = parseHttp(url, document.baseURI);
  if (!target) return undefined;
  method = method.toUpperCase();
  const known = METHODS.test(method);
  const span = startSpan(
    kernel,
    kernel.active()?.spanContext(),
    known ? method : 'HTTP',
    {
      'http.request.method': known ? method : '_OTHER',
      'http.request.method_original': known ? undefined : method,
      'server.address': target.hostname,
      'server.port':
        Number(target.port) || (target.protocol === 'https:' ? 443 : 80),
      'url.full': pageUrl(target.href),
    },
    { kind: 'client' },
  );
  return {
    traceparent: origins.includes(target.origin) ? span.traceparent : undefined,
    end: (outcome) => end(span, outcome),
  };
}

/** The methods that the semantic conventions know. Any other could be any text. */
const METHODS =
  /^(?:CONNECT|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT|QUERY|TRACE)$/;

function end(span: Span, outcome: number | string): void {
  // An answer that the page may not look at has the status 0: one of another site, or a redirect that is left to the page.
  if (typeof outcome === 'number' && outcome) {
    span.setAttribute('http.response.status_code', outcome);
  }
  if (typeof outcome === 'string' || outcome >= 400) {
    span.setAttribute('error.type', String(outcome)).setStatus('error');
  }
  span.end();
}

/** A URL over HTTP. Of what is none, the request itself says what is wrong. */
function parseHttp(url: string, base?: string): URL | undefined {
  try {
    const parsed = new URL(url, base);
    return /^https?:$/.test(parsed.protocol) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
