import type { PageBatch } from '../../bindings/PageBatch.js';
import type { PageSpan } from '../../bindings/PageSpan.js';
import type { Outbox } from '../types/outbox.js';
import { MAX_BATCH, MAX_QUEUE } from './limits.js';
import { now } from './now.js';
import { INTERVAL, SOON } from './times.js';

/**
 * Collects ended spans and sends them in batches: soon after a pause, then at most once a second, at
 * once when a batch is full. One batch is under way at a time; what ends meanwhile waits in a bounded
 * queue, and what does not fit is dropped and counted in the next batch. A batch that fails is tried
 * once more, then counted.
 */
export function createOutbox(
  send: (batch: PageBatch) => Promise<unknown>,
): Outbox {
  const underWay = new Set<Promise<void>>();
  const queue: PageSpan[] = [];
  let dropped = 0;
  let lastSent = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let warned = false;

  function schedule(): void {
    if (underWay.size) return;
    if (queue.length >= MAX_BATCH) sendNext();
    else if (queue.length) {
      timer ??= setTimeout(
        sendNext,
        Math.max(SOON, lastSent + INTERVAL - now()),
      );
    }
  }

  function sendNext(): number {
    clearTimeout(timer);
    timer = undefined;
    lastSent = now();
    const spans = queue.splice(0, MAX_BATCH);
    const batch = { sentAt: lastSent, spans, dropped };
    dropped = 0;
    const attempt = () => send(batch);
    const delivery = attempt()
      .catch(attempt)
      .catch((error: unknown) => {
        dropped += batch.dropped + spans.length;
        if (!warned) console.debug('opentelemetry: spans lost', error);
        warned = true;
      })
      .then(() => {
        underWay.delete(delivery);
        schedule();
      });
    underWay.add(delivery);
    return spans.length;
  }

  return {
    add(span) {
      if (queue.length < MAX_QUEUE) queue.push(span);
      else dropped++;
      schedule();
    },
    async flush(final) {
      for (let more = final; more || queue.length;) {
        more = sendNext() === MAX_BATCH && final;
      }
      await Promise.all(underWay);
    },
  };
}
