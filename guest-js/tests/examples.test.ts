// @vitest-environment happy-dom
import { build } from 'vite';
import { afterEach, expect, test, vi } from 'vitest';
import { telemetry } from '../index.js';
import { recordTelemetry } from '../testing.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The script of an example, as its own configuration builds it. */
async function scriptOf(example: string): Promise<string> {
  const result = await build({
    root: `examples/${example}`,
    logLevel: 'silent',
    build: { write: false },
  });
  const [script] = [result]
    .flat()
    .flatMap((bundle) => ('output' in bundle ? bundle.output : []));
  if (script?.type !== 'chunk') throw new Error(`${example} has no script`);
  return script.code;
}

test.each(['react', 'svelte'])(
  'in the example of %s, a click is one trace, also after an await',
  async (example) => {
    // React reports what a boundary has caught.
    vi.spyOn(console, 'error').mockReturnValue();
    const recorded = recordTelemetry();
    const invokes: [string, string | undefined][] = [];
    vi.stubGlobal('__TAURI_INTERNALS__', {
      transformCallback: () => 1,
      async invoke(command: string) {
        const active = telemetry.activeSpan()?.spanContext().spanId;
        if (!command.startsWith('plugin:')) invokes.push([command, active]);
        // Of the first report there is nothing to show.
        return command === 'read_report' ? { title: null } : null;
      },
    });
    document.body.innerHTML = '<div id="root"></div>';
    new Function(await scriptOf(example))();
    await vi.waitUntil(() => document.querySelector('button'));
    document.querySelector('button')?.click();
    await vi.waitUntil(() =>
      document.body.textContent?.includes('cannot be shown'),
    );

    const { spans } = recorded;
    recorded.stop();
    const click = spans.find(({ name }) => name === 'ui.button_click');
    expect(invokes).toEqual([
      ['refresh', click?.spanId],
      ['read_report', click?.spanId],
    ]);
    const failed = spans.find(({ name }) => name === 'render failed');
    expect(failed?.events).toMatchObject([
      { attributes: { 'exception.type': 'TypeError' } },
    ]);
  },
);
