// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';
import { showConsent } from '../consent/index.js';

const PREFIX = 'plugin:opentelemetry|';

/** A Rust that keeps the choice. */
function fakeRust(initial: string | null) {
  const rust = {
    state: initial,
    of: {} as Record<string, string>,
    waiting: [{ resourceSpans: ['<img src=x onerror=alert(1)>'] }] as unknown[],
    refuses: false,
    calls: [] as string[],
  };
  const invoke = vi.fn(
    async (cmd: string, args?: { state: string; purpose?: string }) => {
      const name = cmd.slice(PREFIX.length);
      rust.calls.push(name);
      const purpose = args?.purpose;
      if (name === 'consent')
        return (purpose && rust.of[purpose]) ?? rust.state;
      if (rust.refuses) throw 'the disk is full';
      if (name === 'set_consent') {
        if (purpose) rust.of[purpose] = args?.state ?? '';
        else rust.state = args?.state ?? null;
      }
      if (name === 'preview') return rust.waiting;
      if (name === 'erase') rust.waiting = [];
      return null;
    },
  );
  Object.assign(window, { __TAURI_INTERNALS__: { invoke } });
  return rust;
}

function find<Found extends Element>(selector: string): Found {
  const found = document.querySelector<Found>(selector);
  if (!found) throw new Error(`there is no ${selector}`);
  return found;
}
const radio = (value: string) =>
  find<HTMLInputElement>(`input[value="${value}"]`);
const said = () => find('[role="status"]').textContent;

function choose(value: string): void {
  radio(value).click();
}
const save = () => find<HTMLFormElement>('form').requestSubmit();

beforeEach(() => {
  document.body.innerHTML = '<div id="privacy"></div>';
});

const show = () => showConsent(find('#privacy'));

test('it shows the current choice, and everything has a name', async () => {
  fakeRust('pending');
  expect(await show()).toBe(true);
  expect(radio('pending').checked).toBe(true);
  const section = find('section');
  const title = section.getAttribute('aria-labelledby') ?? '';
  expect(document.getElementById(title)?.textContent).toContain('data');
  expect(find('legend').textContent).not.toBe('');
  for (const input of document.querySelectorAll('input')) {
    expect(input.closest('label')?.textContent?.trim()).not.toBe('');
  }
  expect(find('pre').getAttribute('aria-label')).not.toBe('');
});

test('a choice takes effect when it is saved, and that is announced', async () => {
  const rust = fakeRust('pending');
  await show();
  // As a keyboard comes from the last choice to the first one.
  choose('denied');
  choose('granted');
  expect(rust.calls).not.toContain('set_consent');
  save();
  await vi.waitFor(() => expect(said()).toContain('saved'));
  expect(rust.state).toBe('granted');
});

test('each purpose can be asked about by itself', async () => {
  const rust = fakeRust('pending');
  rust.of.usage = 'denied';
  const purposes = ['crashes', 'usage'] as const;
  await showConsent(find('#privacy'), { purposes });
  const [crashes, usage] = document.querySelectorAll('fieldset');
  const checked = (of?: Element) =>
    of?.querySelector<HTMLInputElement>('input:checked')?.value;
  expect([checked(crashes), checked(usage)]).toEqual(['pending', 'denied']);
  expect(crashes?.textContent).toContain('crash');
  crashes?.querySelector<HTMLInputElement>('[value="granted"]')?.click();
  save();
  await vi.waitFor(() => expect(said()).toContain('saved'));
  expect([rust.state, rust.of]).toEqual([
    'pending',
    { crashes: 'granted', usage: 'denied' },
  ]);
});

test('a choice that could not be kept is taken back, with the reason', async () => {
  const rust = fakeRust('pending');
  await show();
  rust.refuses = true;
  choose('granted');
  save();
  await vi.waitFor(() => expect(said()).toContain('the disk is full'));
  expect(radio('pending').checked).toBe(true);
});

test('what would be sent is read when it is opened, and is never markup', async () => {
  const rust = fakeRust('pending');
  await show();
  expect(rust.calls).not.toContain('preview');
  const details = find<HTMLDetailsElement>('details');
  details.open = true;
  details.dispatchEvent(new Event('toggle'));
  await vi.waitFor(() => expect(find('pre').textContent).toContain('<img'));
  expect(document.querySelector('img')).toBe(null);
  find<HTMLButtonElement>('[type="button"]').click();
  await vi.waitFor(() => expect(said()).toContain('deleted'));
  expect(find('pre').textContent).toContain('Nothing');
});

test('where there is nothing to choose it shows nothing', async () => {
  fakeRust(null);
  expect(await show()).toBe(false);
  expect(find('#privacy').innerHTML).toBe('');
});
