import { now } from './now.js';
import { LONGEST_WAIT, QUIET } from './times.js';

/** A timer that waits for the page to be quiet. */
export interface QuietTimer {
  /** Starts it, unless it runs. It fires at `earliest` or later. */
  start(earliest: number): void;
  stop(): void;
  /** The page is not quiet at this moment. */
  disturb(): void;
}

/**
 * Calls `fire` when the page has been quiet for a moment, at the latest a second after the start, or at
 * the earliest time that it may.
 */
export function createQuietTimer(fire: () => void): QuietTimer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest = 0;
  // Not the time of the last disturbance: to look at the clock is what costs most in a span.
  let isDisturbed = false;

  function wait(millis: number): void {
    isDisturbed = false;
    timer = setTimeout(() => {
      if (isDisturbed && now() < latest) wait(QUIET);
      else {
        timer = undefined;
        fire();
      }
    }, millis);
  }

  return {
    start(earliest) {
      if (timer) return;
      const start = now();
      latest = start + LONGEST_WAIT;
      wait(Math.max(QUIET, earliest - start));
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
    disturb() {
      isDisturbed = true;
    },
  };
}
