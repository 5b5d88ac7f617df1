import type { PageBatch } from '../bindings/PageBatch.js';
import type { PageSpan } from '../bindings/PageSpan.js';
import type { KernelConfig } from '../bindings/KernelConfig.js';
import type { Invoke } from '../types/invoke.js';
import type { SpanContext } from '../types/spanContext.js';
import { createActive } from './lib/createActive.js';
import {
  createInvokeSpans,
  type StartInvoke,
} from './lib/createInvokeSpans.js';
import { createOpenSpans } from './lib/createOpenSpans.js';
import { createOutbox } from './lib/createOutbox.js';
import { endsPage } from './lib/endsPage.js';
import { newContext } from './lib/newContext.js';
import { now } from './lib/now.js';
import { toPlainHeaders } from './lib/toPlainHeaders.js';
import type { SignalItem, SignalName } from './types/batch.js';
import type { Kernel } from './types/kernel.js';

// Written in by the build: the version of the package, which is that of the crate.
declare const VERSION: string;

/** What lies below a kernel. */
export interface Host {
  readonly invoke: Invoke;
  readonly rawFetch: typeof fetch;
  /**
   * Hands a batch to Rust; rejects when that fails. While the page is being left, the batch must be on
   * its way before this returns.
   */
  send(batch: PageBatch, isLeaving: boolean): Promise<unknown>;
}

/** A kernel, and what is called when something happens to its page. */
export interface PageKernel {
  readonly kernel: Kernel;
  readonly startInvoke: StartInvoke;
  /** The page was hidden: it may never be heard of again. */
  hidden(): void;
  /** The page is being left: what is emitted from now on goes at once. */
  left(): void;
  /** The page is back. */
  returned(): void;
}

/** Puts a kernel together. It touches no global but the clock and the console. */
export function createKernel(
  config: Pick<KernelConfig, 'ratio' | 'commands'>,
  host: Host,
): PageKernel {
  const warnings = new Set<string>();
  const leaveCallbacks = new Set<() => void>();
  let isLeaving = false;
  let hasLost = false;

  const outbox = createOutbox({
    send: (batch) => host.send(batch, isLeaving),
    isRefusal,
    lost(error) {
      if (isRefusal(error)) {
        warn(
          'telemetry is dropped: this window needs the permission "opentelemetry:default"',
        );
      } else if (!hasLost) {
        hasLost = true;
        console.debug('opentelemetry: telemetry lost', error);
      }
    },
  });
  const openSpans = createOpenSpans((span) => outbox.add('spans', span));
  const active = createActive();
  const startSpanOfInvoke = createInvokeSpans({
    active,
    openSpans,
    rules: config.commands,
    newContext: contextOf,
  });

  const startInvoke: StartInvoke = (command, headers) => {
    if (endsPage(command)) void outbox.flush();
    return startSpanOfInvoke(command, headers);
  };

  function contextOf(
    parent: SpanContext | undefined,
    share: number,
  ): SpanContext {
    const ratio = parent ? parent.traceFlags & 1 : config.ratio;
    return newContext(parent, Math.min(ratio, share));
  }

  function emit<Name extends SignalName>(
    signal: Name,
    item: SignalItem[Name],
  ): void {
    outbox.add(signal, item);
    flushIfLeaving();
  }

  function endSpan(span: PageSpan, endTime: number): void {
    openSpans.end(span, endTime);
    flushIfLeaving();
  }

  /** What an app emits after `pagehide` has no later batch to go with. */
  function flushIfLeaving(): void {
    if (isLeaving) void outbox.flush();
  }

  function warn(message: string): void {
    if (warnings.has(message)) return;
    warnings.add(message);
    console.warn(`opentelemetry: ${message}`);
  }

  function callLeaveCallbacks(): void {
    for (const callback of leaveCallbacks) {
      try {
        callback();
      } catch (error) {
        console.error(error);
      }
    }
  }

  const invoke: Invoke = async (command, args, options) => {
    const headers = toPlainHeaders(options?.headers);
    const end = startInvoke(command, headers);
    try {
      const value = await host.invoke(command, args, { ...options, headers });
      end();
      return value as never;
    } catch (error) {
      end('error');
      throw error;
    }
  };

  return {
    kernel: Object.freeze<Kernel>({
      version: VERSION,
      now,
      newContext: (parent) => contextOf(parent, 1),
      setSampling(next) {
        config.ratio = next;
      },
      active: active.get,
      setActive: active.set,
      setContextSource: active.setSource,
      openSpan: openSpans.open,
      isOpen: openSpans.isOpen,
      endSpan,
      emit,
      scope: outbox.scope,
      setBatchAttributes: outbox.setAttributes,
      invoke,
      rawFetch: host.rawFetch,
      onLeave(callback) {
        leaveCallbacks.add(callback);
        return () => leaveCallbacks.delete(callback);
      },
      flush: outbox.flush,
      warn,
      reported: new WeakSet(),
    }),
    startInvoke,
    hidden() {
      callLeaveCallbacks();
      void outbox.flush();
    },
    left() {
      callLeaveCallbacks();
      isLeaving = true;
      openSpans.endAll();
      void outbox.flush();
    },
    returned() {
      isLeaving = false;
    },
  };
}

/** Whether Rust has refused a batch by its access control list: as a release says it, or a debug build. */
function isRefusal(error: unknown): boolean {
  return typeof error === 'string' && /not allowed|denied on/.test(error);
}
