import type { Stop } from '../types/stop.js';
import { doNothing } from './doNothing.js';

/**
 * Calls `each` for every entry of this type that the browser makes, those it has kept since before included. Where
 * the browser makes none, nothing happens: WebKit warns on the console of a type that it does not know.
 */
export function observe(
  type: string,
  each: (entry: PerformanceEntry) => void,
): Stop {
  const supported =
    typeof PerformanceObserver === 'function'
      ? PerformanceObserver.supportedEntryTypes
      : [];
  if (!supported.includes(type)) return doNothing;
  const observer = new PerformanceObserver((list) =>
    list.getEntries().forEach(each),
  );
  observer.observe({ type, buffered: true });
  return () => observer.disconnect();
}
