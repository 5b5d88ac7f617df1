/** The machine itself, under the names that browsers know for it. */
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Whether requests to this URL may carry the trace context: ids of a trace are no secret, but nobody else's business. */
export function isTrusted(target: URL, origins: readonly string[]): boolean {
  return (
    target.origin === location.origin ||
    origins.includes(target.origin) ||
    (LOOPBACK.test(target.hostname) && LOOPBACK.test(location.hostname))
  );
}
