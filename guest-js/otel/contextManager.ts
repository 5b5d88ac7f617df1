import {
  ROOT_CONTEXT,
  trace,
  type Context,
  type ContextManagementToken,
  type ContextManager,
} from '@opentelemetry/api';
import { findKernel } from '../api/findKernel.js';
import { spanOf } from '../api/spanOf.js';
import type { Active, Kernel } from '../kernel/types/kernel.js';
import { readParent } from '../lib/readParent.js';
import type { Span } from '../types/span.js';
import type { SpanContext } from '../types/spanContext.js';
import { OtelSpan } from './otelSpan.js';

/** A context of `@opentelemetry/api` that is active in the page. */
class ActiveContext implements Active {
  constructor(readonly context: Context) {}

  /** The span in the context, if it is one of ours. */
  get span(): Span | undefined {
    const span = trace.getSpan(this.context);
    return span instanceof OtelSpan ? span.span : undefined;
  }

  spanContext(): SpanContext | undefined {
    const context = trace.getSpanContext(this.context);
    return context && readParent(context);
  }
}

/** The `Context` of each active span that was started by our own API. */
const contexts = new WeakMap<Active, Context>();

/** What is active while telemetry is off: a context also carries values of the app, which must work without telemetry. */
let activeWhileOff: Active | undefined;

function setActiveWhileOff(next: Active | undefined): Active | undefined {
  const previous = activeWhileOff;
  activeWhileOff = next;
  return previous;
}

function active(): Context {
  const kernel = findKernel();
  const current = kernel ? kernel.active() : activeWhileOff;
  if (current instanceof ActiveContext) return current.context;
  if (!kernel || !current) return ROOT_CONTEXT;
  return contexts.get(current) ?? contextOf(kernel, current);
}

function contextOf(kernel: Kernel, current: Active): Context {
  const span = spanOf(kernel, current);
  if (!span) return ROOT_CONTEXT;
  const context = trace.setSpan(ROOT_CONTEXT, new OtelSpan(span));
  // What only stands for a span may stand for none later, as that of a load that is over.
  if (span === current) contexts.set(current, context);
  return context;
}

function attach(context: Context): ContextManagementToken {
  const setActive = findKernel()?.setActive ?? setActiveWhileOff;
  const own = new ActiveContext(context);
  const outer = setActive(own);
  let isAttached = true;
  return {
    dispose() {
      if (!isAttached) return;
      isAttached = false;
      // After an `await`, or when another context was attached on top, something else is active, which stays.
      const current = setActive(outer);
      if (current !== own) setActive(current);
    },
  };
}

/**
 * The context manager of this page for `@opentelemetry/api`: what is active is the same for that API and for this
 * package. Like every context here it lasts until the next `await`, and longer with the plugin for bundlers.
 *
 * @example
 * ```ts
 * import { context } from '@opentelemetry/api';
 * import { contextManager } from 'tauri-plugin-opentelemetry-api/otel';
 *
 * context.setGlobalContextManager(contextManager);
 * ```
 */
export const contextManager: ContextManager = {
  active,
  attach,
  with(context, fn, thisArg, ...args) {
    const token = attach(context);
    try {
      return fn.apply(thisArg as ThisParameterType<typeof fn>, args);
    } finally {
      token.dispose();
    }
  },
  bind<T>(context: Context, target: T): T {
    if (typeof target !== 'function') return target;
    const bound = function (this: unknown, ...args: unknown[]): unknown {
      return contextManager.with(context, () =>
        Reflect.apply(target, this, args),
      );
    };
    return bound as T;
  },
  enable: () => contextManager,
  disable: () => contextManager,
} as ContextManager;
