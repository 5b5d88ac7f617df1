import { vi } from 'vitest';
import type { PageLog } from '../../bindings/PageLog.js';
import type { Kernel } from '../../kernel/types/kernel.js';
import { createFakeTauri, type FakeTauri } from './fakeTauri.js';
import { OPENED } from './openPage.js';
import { TraceTree } from './traceTree.js';

type Instrumentations = typeof import('../../instrumentations.js');

/** A page with a document, telemetry on, and time in the hands of the test. */
export interface DomPage extends Instrumentations {
  readonly tauri: FakeTauri;
  readonly kernel: Kernel;
  readonly api: typeof import('../../index.js');
  invoke(cmd: string): Promise<unknown>;
  /** Puts HTML into the page, and returns the first element of it. */
  show(html: string): HTMLElement;
  wait(ms: number): Promise<void>;
  /** Sends what is queued, and looks at all spans so far. */
  tree(): Promise<TraceTree>;
  /** Sends what is queued, and lists all log records so far. */
  logs(): Promise<PageLog[]>;
}

/** Needs an environment of vitest that has a document. */
export async function openDomPage(): Promise<DomPage> {
  vi.useFakeTimers({
    now: OPENED,
    toFake: ['setTimeout', 'clearTimeout', 'Date'],
  });
  vi.stubGlobal('performance', {
    timeOrigin: OPENED,
    now: () => Date.now() - OPENED,
    getEntriesByType: () => [],
  });
  vi.resetModules();
  const tauri = createFakeTauri(true);
  vi.stubGlobal('fetch', tauri.fetch);
  window.fetch = tauri.fetch;

  const { createKernel } = await import('../../kernel/createKernel.js');
  const { wrapFetch } = await import('../../kernel/wrapFetch.js');
  const { kernel, startInvoke } = createKernel(
    { ratio: 1, commands: [] },
    {
      invoke: tauri.internals.invoke as never,
      rawFetch: tauri.fetch,
      async send(batch) {
        // As it arrives.
        tauri.batches.push(JSON.parse(JSON.stringify(batch)) as typeof batch);
      },
    },
  );
  wrapFetch(window, startInvoke);
  vi.stubGlobal('__TAURI_OPENTELEMETRY__', kernel);
  const api = await import('../../index.js');
  const instrumentations = await import('../../instrumentations.js');

  return {
    ...instrumentations,
    tauri,
    kernel,
    api,
    invoke: (cmd) => tauri.internals.invoke(cmd),
    show(html) {
      document.body.innerHTML = html;
      return document.body.firstElementChild as HTMLElement;
    },
    wait: async (ms) => {
      await vi.advanceTimersByTimeAsync(ms);
    },
    tree: async () => {
      await kernel.flush();
      return new TraceTree(tauri.batches.flatMap(({ spans }) => spans));
    },
    logs: async () => {
      await kernel.flush();
      return tauri.batches.flatMap(({ logs }) => logs ?? []);
    },
  };
}
