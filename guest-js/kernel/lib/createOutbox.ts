import type { Attributes } from '../../bindings/Attributes.js';
import type { PageBatch } from '../../bindings/PageBatch.js';
import type { PageScope } from '../../bindings/PageScope.js';
import type { SignalItem, SignalName } from '../types/batch.js';
import type { Outbox } from '../types/outbox.js';
import {
  MANY_BATCHES,
  MAX_BATCH_BYTES,
  MAX_BATCH_ITEMS,
  MAX_SCOPES,
  MAX_WAITING_BATCHES,
} from './limits.js';
import { createQuietTimer } from './createQuietTimer.js';
import { now } from './now.js';
import { sizeOf } from './sizeOf.js';
import { INTERVAL, MAX_BACK_OFF, MIN_BACK_OFF } from './times.js';

/** How the outbox is emptied. */
interface Delivery {
  /** Hands a batch to Rust; rejects when that fails. */
  send(batch: PageBatch): Promise<unknown>;
  /** Whether a failed `send` was a refusal, which would be repeated. */
  isRefusal(error: unknown): boolean;
  /** Called for each batch that is given up. */
  lost(error: unknown): void;
}

/** The items of a batch to be. */
interface Content {
  readonly signals: { readonly [Name in SignalName]: SignalItem[Name][] };
  /** How many they are. */
  items: number;
  /** Roughly what they have as JSON. */
  bytes: number;
}

/**
 * Collects items and sends them in batches: as soon as the page is quiet, at the latest after a
 * second, at once when there are many. One batch is under way at a time; what comes meanwhile waits in
 * a bounded number of batches, and what does not fit is dropped and counted in the next batch. A batch
 * that fails is tried once more, then counted; while Rust refuses them the pauses grow.
 */
export function createOutbox(delivery: Delivery): Outbox {
  const underWay = new Set<Promise<void>>();
  const full: Content[] = [];
  let filling = nothing();
  let attributes: Attributes | undefined;
  const scopes: PageScope[] = [];
  let dropped = 0;
  let lastSent = 0;
  let backOff = 0;
  /** Full batches that are sent at once, one after the other. */
  let burst = 0;

  const timer = createQuietTimer(() => {
    if (filling.items) finishBatch();
    burst = full.length;
    sendNext();
  });

  function finishBatch(): void {
    full.push(filling);
    filling = nothing();
  }

  function schedule(): void {
    if (underWay.size || !(full.length || filling.items)) return;
    if (full.length >= MANY_BATCHES && !backOff) burst = full.length;
    if (burst) sendNext();
    else timer.start(lastSent + (backOff || INTERVAL));
  }

  /** Sends the oldest batch, full or not. */
  function sendNext(): void {
    timer.stop();
    lastSent = now();
    if (burst) burst--;
    let content = full.shift();
    if (!content) {
      content = filling;
      filling = nothing();
    }
    const batch = toBatch(content.signals);
    dropped = 0;
    const sent = deliver(batch, content.items).then(() => {
      underWay.delete(sent);
      schedule();
    });
    underWay.add(sent);
  }

  async function deliver(batch: PageBatch, items: number): Promise<void> {
    const { send, isRefusal, lost } = delivery;
    try {
      await send(batch).catch((error: unknown) => {
        if (isRefusal(error)) throw error;
        return send(batch);
      });
      backOff = 0;
    } catch (error) {
      dropped += batch.dropped + items;
      if (isRefusal(error)) {
        burst = 0;
        backOff = Math.min(Math.max(2 * backOff, MIN_BACK_OFF), MAX_BACK_OFF);
      }
      lost(error);
    }
  }

  function toBatch({ spans, logs, metrics }: Content['signals']): PageBatch {
    return {
      drift: Date.now() - lastSent,
      dropped,
      attributes,
      scopes: scopes.length ? scopes : undefined,
      spans,
      logs: logs.length ? logs : undefined,
      metrics: metrics.length ? metrics : undefined,
    };
  }

  async function flush(): Promise<void> {
    while (full.length) sendNext();
    if (filling.items) sendNext();
    await Promise.all(underWay);
  }

  return {
    add(signal, item) {
      timer.disturb();
      const bytes = sizeOf(item);
      if (filling.items && filling.bytes + bytes > MAX_BATCH_BYTES) {
        finishBatch();
      }
      if (full.length === MAX_WAITING_BATCHES) dropped++;
      else {
        filling.signals[signal].push(item);
        filling.bytes += bytes;
        if (++filling.items === MAX_BATCH_ITEMS) finishBatch();
      }
      schedule();
    },
    scope(name, version) {
      const known = scopes.findIndex(
        (scope) => scope.name === name && scope.version === version,
      );
      if (known >= 0) return known;
      if (scopes.length === MAX_SCOPES) return undefined;
      return scopes.push({ name, version }) - 1;
    },
    setAttributes(next) {
      void flush();
      attributes = next;
    },
    flush,
  };
}

function nothing(): Content {
  return {
    signals: { spans: [], logs: [], metrics: [] },
    items: 0,
    bytes: 0,
  };
}
