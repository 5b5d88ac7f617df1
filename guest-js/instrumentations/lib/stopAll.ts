import type { Stop } from '../types/stop.js';

/** What stops all of these. */
export const stopAll =
  (stops: readonly Stop[]): Stop =>
  () =>
    stops.forEach((stop) => stop());
