// @vitest-environment happy-dom
import { context, trace } from '@opentelemetry/api';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { openDomPage, type DomPage } from './support/openDomPage.js';
import { runTransformed } from './support/runTransformed.js';

let stop = () => {};
afterEach(() => stop());

async function open(): Promise<DomPage> {
  const page = await openDomPage();
  stop = page.traceInteractions();
  return page;
}

test('a click that invokes is the root of one trace', async () => {
  const page = await open();
  const button = page.show('<button id="send">Send</button>');
  button.onclick = () => {
    void page.invoke('greet');
    void page.api.telemetry.withSpan('render', () => page.invoke('greet'));
  };
  button.click();
  await page.wait(1000);
  const click = (await page.tree()).root('click button Send');
  click.child('greet');
  click.child('render').child('greet');
  expect(click.span.attributes).toEqual({
    'browser.tag_name': 'BUTTON',
    'app.widget.id': 'send',
    'app.widget.name': 'Send',
  });
});

test('a click is the active span of both APIs', async () => {
  const page = await open();
  const { contextManager, tracerProvider } = await import('../otel.js');
  context.setGlobalContextManager(contextManager);
  trace.setGlobalTracerProvider(tracerProvider);
  onTestFinished(() => {
    context.disable();
    trace.disable();
  });
  const button = page.show('<button>Send</button>');
  button.onclick = () => {
    page.api.telemetry.activeSpan()?.setAttribute('ours', 1);
    void page.invoke('greet');
    page.api.telemetry.activeSpan()?.setAttribute('ours', 1);
    trace.getActiveSpan()?.setAttribute('theirs', 1);
  };
  button.click();
  await page.wait(1000);
  const { span } = (await page.tree()).root('click button Send');
  expect(span.attributes).toMatchObject({ ours: 1, theirs: 1 });
});

test('a click that causes nothing is nothing', async () => {
  const page = await open();
  const button = page.show('<button>Send</button>');
  button.onclick = () => {};
  button.click();
  await page.wait(1000);
  expect((await page.tree()).roots()).toEqual([]);
});

test('what a click records belongs to it, also before it has invoked anything', async () => {
  const page = await open();
  const button = page.show('<button>Send</button>');
  button.onclick = () => {
    page.api.telemetry.logger('app').info('sending');
    void page.invoke('greet');
  };
  button.click();
  await page.wait(1000);
  const { span } = (await page.tree()).root('click button Send');
  expect(await page.logs()).toMatchObject([
    { body: 'sending', traceId: span.traceId, spanId: span.spanId },
  ]);
});

test('what runs after the click has nothing to do with it, even if a listener has stopped the event', async () => {
  const page = await open();
  const button = page.show('<button>Send</button>');
  button.onclick = (event) => {
    event.stopImmediatePropagation();
    void page.invoke('greet');
  };
  button.click();
  await page.invoke('greet');
  await page.wait(1000);
  expect((await page.tree()).roots().sort()).toEqual([
    'click button Send',
    'greet',
  ]);
});

test('the span of a click ends with the last answer that it waits for', async () => {
  const page = await open();
  const button = page.show('<button>Send</button>');
  let answer: (value: unknown) => void = () => {};
  page.tauri.commands['slow'] = () =>
    new Promise((resolve) => (answer = resolve));
  button.onclick = () => void page.invoke('slow');
  button.click();
  await page.wait(5000);
  expect((await page.tree()).roots()).toEqual([]);
  answer(1);
  await page.wait(1000);
  const { span } = (await page.tree()).root('click button Send');
  expect(span.endTime - span.startTime).toBe(5000);
});

test('a context that is kept across await keeps the span of the click open', async () => {
  const page = await open();
  const button = page.show('<button>Send</button>');
  button.onclick = async () => {
    // What a build step does around every await.
    const active = page.kernel.active();
    await page.invoke('greet');
    await new Promise((resolve) => setTimeout(resolve, 90));
    page.kernel.setActive(active);
    void page.invoke('greet');
    page.kernel.setActive(undefined);
  };
  button.click();
  await page.wait(1000);
  const { span } = (await page.tree()).root('click button Send');
  expect(span.endTime - span.startTime).toBe(90);
});

test('the active span in a listener is that of the click', async () => {
  const page = await open();
  const button = page.show('<button>Send</button>');
  button.onclick = () => {
    page.api.telemetry.activeSpan()?.setAttribute('draft', 7);
  };
  button.click();
  await page.wait(1000);
  const { span } = (await page.tree()).root('click button Send');
  expect(span.attributes?.['draft']).toBe(7);
});

test('an asynchronous listener that the plugin for bundlers has rewritten belongs to its click as a whole', async () => {
  const page = await open();
  page.tauri.commands['slow'] = () =>
    new Promise((resolve) => setTimeout(resolve, 500));
  const listener = await runTransformed<(invoke: unknown) => void>(`
    async function main(invoke) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await invoke('slow');
      await invoke('greet');
    }
  `);
  const button = page.show('<button>Send</button>');
  button.onclick = () => listener(page.invoke);
  button.click();
  await page.invoke('plugin:event|listen');
  await page.wait(1000);
  const tree = await page.tree();
  tree.root('plugin:event|listen');
  const click = tree.root('click button Send');
  click.child('slow');
  click.child('greet');
  expect(click.span.endTime - click.span.startTime).toBe(520);
});

test('what a click records after a wait belongs to it, whose span ends then', async () => {
  const page = await open();
  const listener = await runTransformed<(log: () => void) => void>(`
    async function main(log) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      log();
    }
  `);
  const button = page.show('<button>Send</button>');
  button.onclick = () =>
    listener(() => page.api.telemetry.logger('app').info('sent'));
  button.click();
  await page.wait(1000);
  const { span } = (await page.tree()).root('click button Send');
  expect(span.endTime - span.startTime).toBe(20);
  expect(await page.logs()).toMatchObject([{ spanId: span.spanId }]);
});

test('a click whose listener only waits is nothing', async () => {
  const page = await open();
  const listener = await runTransformed<() => void>(
    'async function main() { await null; await null; }',
  );
  const button = page.show('<button>Send</button>');
  button.onclick = listener;
  button.click();
  await page.wait(1000);
  expect((await page.tree()).roots()).toEqual([]);
});

test('a submit is named by the button that makes it', async () => {
  const page = await open();
  const form = page.show(
    '<form><input value="secret"><button>Sign in</button></form>',
  ) as HTMLFormElement;
  form.onsubmit = (event) => {
    event.preventDefault();
    void page.invoke('greet');
  };
  form.requestSubmit(form.querySelector('button'));
  await page.wait(1000);
  (await page.tree()).root('submit button Sign in').child('greet');
});

test('a click that a listener of a click makes belongs to it', async () => {
  const page = await open();
  const outer = page.show('<button>Outer</button><button>Inner</button>');
  const inner = outer.nextElementSibling as HTMLElement;
  outer.onclick = () => inner.click();
  inner.onclick = () => void page.invoke('greet');
  outer.click();
  await page.wait(1000);
  (await page.tree()).root('click button Outer').child('greet');
});

test('after the stop nothing is a span, and fetch is what it was', async () => {
  const page = await openDomPage();
  const { fetch } = window;
  page.traceInteractions()();
  expect(window.fetch).toBe(fetch);
  const button = page.show('<button>Send</button>');
  button.onclick = () => void page.invoke('greet');
  button.click();
  await page.wait(1000);
  (await page.tree()).root('greet');
});

test.each([
  ['<button aria-label="Close">x</button>', 'button Close'],
  [
    '<button data-otel="archive">Archive mail of Ada</button>',
    'button archive',
  ],
  ['<a href="#x"><img alt="Home"></a>', 'link Home'],
  ['<input type="submit" value="Go">', 'button Go'],
  ['<input type="text" value="typed" placeholder="Name">', 'textbox'],
  ['<textarea>typed</textarea>', 'textbox'],
  ['<div contenteditable>typed</div>', 'div'],
  ['<div role="tab" contenteditable="true">typed</div>', 'tab'],
  ['<div role="tab" contenteditable="false">Inbox</div>', 'tab Inbox'],
  ['<button>a<b contenteditable>typed</b>b</button>', 'button ab'],
  ['<label>Name <input value="typed"></label>', 'label Name'],
  ['<select><option>Ada</option></select>', 'combobox'],
  ['<div role="tab">Inbox</div>', 'tab Inbox'],
  ['<div role="row">private</div>', 'row'],
  ['<p>private</p>', 'p'],
  ['<button>a<textarea>typed</textarea>b</button>', 'button ab'],
  [`<button>${'x'.repeat(500)}</button>`, `button ${'x'.repeat(64)}`],
])('the name of %s', async (html, name) => {
  const page = await open();
  const element = page.show(html);
  element.addEventListener('click', () => void page.invoke('greet'));
  element.click();
  await page.wait(1000);
  (await page.tree()).root(`click ${name}`);
});

test('an editable text names neither a link in it nor what it labels', async () => {
  const page = await open();
  page.show(
    `<div id="note" contenteditable>typed <a href="#x">typed</a></div>
     <button aria-labelledby="note"></button>`,
  );
  for (const selector of ['a', 'button']) {
    const element = document.querySelector(selector) as HTMLElement;
    element.addEventListener('click', () => void page.invoke('greet'));
    element.click();
  }
  await page.wait(1000);
  expect((await page.tree()).roots()).toEqual(['click link', 'click button']);
});
