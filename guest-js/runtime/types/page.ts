import type { PageSpan } from '../../bindings/PageSpan.js';
import type { RuntimeConfig } from '../../bindings/RuntimeConfig.js';
import type { SpanContext } from '../../types/spanContext.js';
import type { RuntimeTelemetry } from './runtimeTelemetry.js';
import type { CommandRule } from './commandRule.js';
import type { LiveSpan } from './liveSpan.js';
import type { Outbox } from './outbox.js';
import type { TauriInternals, TauriWindow } from './tauriWindow.js';

/** Everything the runtime knows; there is one per page. Spans hold no reference to it. */
export interface Page {
  readonly ratio_: number;
  readonly rules_: readonly CommandRule[];
  readonly tauri_: TauriInternals;
  readonly ipc_: TauriWindow['ipc'];
  readonly outbox_: Outbox;
  /** Spans that have not ended. What stands for one that is not recorded, `undefined`, is never among them. */
  readonly open_: Set<PageSpan> & {
    has(record: unknown): boolean;
    delete(record: unknown): record is PageSpan;
  };
  readonly telemetry_: RuntimeTelemetry;
  /** Starts a span. Without a parent it is the root of a new trace. */
  readonly openSpan_: (
    name: string,
    parent: SpanContext | undefined,
  ) => LiveSpan;
  /** How invokes travel; becomes `message` for good when a fetch fails. */
  transport_: RuntimeConfig['transport'];
  /** The span that is current for the code that runs right now. */
  current_: LiveSpan | undefined;
  /** Proof that a message comes from this page. Must never be reachable from the page's scripts. */
  readonly invokeKey_: string;
  /** During `pagehide`: what is sent now must be on its way before the handler returns. */
  leaving_: boolean;
}
