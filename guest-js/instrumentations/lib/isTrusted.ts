/**
 * A server on this machine, under the names that browsers know for it. The page of a released app is none, though its host
 * is `localhost` as well: `tauri://localhost`.
 */
const LOOPBACK = /^https?:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?::|$)/;

/**
 * Whether a request to this URL may carry the trace context. Another origin has no use for it, and would refuse the request unless it
 * allows the header by CORS.
 */
export function isTrusted(target: URL, origins: readonly string[]): boolean {
  return (
    [location.origin, ...origins].includes(target.origin) ||
    (LOOPBACK.test(target.origin) && LOOPBACK.test(location.origin))
  );
}
