import { readFileSync } from 'node:fs';
import { vi } from 'vitest';
import type { PageSpan } from '../../bindings/PageSpan.js';
import type { KernelConfig } from '../../bindings/KernelConfig.js';
import type { Kernel } from '../../kernel/types/kernel.js';
import type { Telemetry } from '../../types/telemetry.js';
import { createFakeTauri, INVOKE_KEY, type FakeTauri } from './fakeTauri.js';
import { PageTarget } from './pageTarget.js';
import { TraceTree } from './traceTree.js';

/** When every page is opened, on its own clock. */
export const OPENED = 1_700_000_000_000;

export const HOUR = 3_600_000;

/** Stands for a machine that sleeps for an hour, in which the clock of the page stops. */
export function stopClock(): void {
  const { timeOrigin } = performance;
  const stopped = performance.now();
  vi.stubGlobal('performance', { timeOrigin, now: () => stopped });
  vi.setSystemTime(Date.now() + HOUR);
}

export interface FakePage extends FakeTauri {
  readonly kernel: Kernel;
  /** The npm package, as a page that is open now would load it. */
  readonly telemetry: Telemetry;
  readonly window: PageTarget & Record<string, unknown>;
  readonly document: PageTarget;
  /** Calls a command as an app does that knows nothing of telemetry. */
  invoke(cmd: string, args?: unknown, options?: unknown): Promise<unknown>;
  /** Lets time go by. */
  wait(ms: number): Promise<void>;
  /** Everything that Rust has taken so far. */
  spans(): PageSpan[];
  /** Sends what is queued, and looks at the one trace that came of it. */
  trace(): Promise<TraceTree>;
  hide(): void;
  leave(): void;
}

interface PageOptions extends Partial<KernelConfig> {
  /** What the kernel is made of: the sources, or the file that Rust injects. */
  form?: 'source' | 'built';
  /** Whether tauri's own invokes go by fetch. Default: whether batches do. */
  usesFetch?: boolean;
  /** What the window has beside tauri's globals. */
  globals?: Record<string, unknown>;
}

/** A page of a tauri app with telemetry on, and time in the hands of the test. */
export async function openPage(options: PageOptions = {}): Promise<FakePage> {
  const { form = 'source', usesFetch, globals = {}, ...changes } = options;
  const config: KernelConfig = {
    invokeKey: INVOKE_KEY,
    ratio: 1,
    commands: [],
    transport: 'fetch',
    ...changes,
  };
  vi.useFakeTimers({
    now: OPENED,
    toFake: ['setTimeout', 'clearTimeout', 'Date'],
  });
  vi.stubGlobal('performance', {
    timeOrigin: OPENED,
    now: () => Date.now() - OPENED,
  });

  const tauri = createFakeTauri(usesFetch ?? config.transport === 'fetch');
  const window = Object.assign(new PageTarget(), {
    __TAURI_INTERNALS__: tauri.internals,
    ipc: tauri.ipc,
    fetch: tauri.fetch,
    ...globals,
  }) as unknown as FakePage['window'];
  const document = Object.assign(new PageTarget(), {
    hidden: false,
  });
  vi.stubGlobal('window', window);
  vi.stubGlobal('document', document);
  await inject(form, config);

  const kernel = window['__TAURI_OPENTELEMETRY__'] as Kernel;
  vi.stubGlobal('__TAURI_OPENTELEMETRY__', kernel);
  const { telemetry } = await import('../../index.js');
  const spans = () => tauri.batches.flatMap((batch) => batch.spans);
  return {
    ...tauri,
    kernel,
    telemetry,
    window,
    document,
    invoke: (cmd, args, options) =>
      tauri.internals.invoke(cmd, args, options as never),
    wait: async (ms) => {
      await vi.advanceTimersByTimeAsync(ms);
    },
    spans,
    trace: async () => {
      await telemetry.flush();
      return new TraceTree(spans());
    },
    hide: () => {
      document.hidden = true;
      document.dispatchEvent(new Event('visibilitychange'));
    },
    leave: () => {
      window.dispatchEvent(new Event('pagehide'));
    },
  };
}

/** Runs the kernel once more in the page that is open. */
export async function inject(
  form: 'source' | 'built',
  config: KernelConfig,
): Promise<void> {
  if (form === 'built') {
    const script = readFileSync('plugin/kernel.js', 'utf8');
    // As Rust does it: the configuration in front, the whole in a function.
    new Function(`const KERNEL_CONFIG=${JSON.stringify(config)};\n${script}`)();
  } else {
    // Anew for each page, so that none starts with the random bytes of another.
    vi.resetModules();
    const { start } = await import('../../kernel/start.js');
    start(config);
  }
}
