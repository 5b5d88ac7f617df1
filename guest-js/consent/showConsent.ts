import { invokeTauri } from '../api/invokeTauri.js';
import { element } from './element.js';
import { defaultTexts, type ConsentTexts } from './texts.js';

/** What the person who uses the app has decided about its telemetry. */
export type ConsentState = 'pending' | 'granted' | 'denied';

/** Options of {@link showConsent}. */
export interface ConsentOptions {
  /** Texts in place of the English ones. */
  readonly texts?: Partial<ConsentTexts>;
}

const STATES = ['granted', 'denied', 'pending'] as const;

let shown = 0;

function call<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  return invokeTauri<T>(`plugin:opentelemetry|${command}`, args);
}

/**
 * Shows the choice about telemetry in `container`: the three states, what would be sent, and a button that deletes what is
 * waiting. It is made of ordinary form elements, so the styles of the page, the keyboard and screen readers work as
 * elsewhere. Its window needs the permission `opentelemetry:choose-consent`.
 *
 * Resolves to whether there is anything to choose: not if telemetry is off, or the app asks for no consent. `container` then
 * stays as it is. Rejects if the window lacks the permission.
 *
 * @example
 * ```ts
 * await showConsent(document.body);
 * ```
 */
export async function showConsent(
  container: Element,
  { texts: own = {} }: ConsentOptions = {},
): Promise<boolean> {
  const state = await call<ConsentState | null>('consent');
  if (state === null) return false;
  const texts = { ...defaultTexts, ...own };
  const id = `opentelemetry-consent-${++shown}`;

  const status = element('p', { role: 'status' });
  const choice = (value: ConsentState) => {
    const radio = element('input', { type: 'radio', name: id, value });
    return { radio, label: element('label', {}, [radio, ' ', texts[value]]) };
  };
  const all = STATES.map(choice);
  const radios = all.map(({ radio }) => radio);
  const choices = element('fieldset', {}, [
    element('legend', {}, [texts.question]),
    ...all.map(({ label }) => label),
  ]);
  const waiting = element('pre', {
    tabindex: '0',
    role: 'region',
    'aria-label': texts.preview,
  });
  const preview = element('details', {}, [
    element('summary', {}, [texts.preview]),
    waiting,
  ]);
  const erase = element('button', { type: 'button' }, [texts.erase]);

  function check(current: ConsentState): void {
    for (const radio of radios) radio.checked = radio.value === current;
  }

  async function showWaiting(): Promise<void> {
    if (!preview.open) return;
    const requests = await call<unknown[]>('preview');
    waiting.textContent = requests.length
      ? JSON.stringify(requests, undefined, 2)
      : texts.nothing;
  }

  /** Does something and says how it ended. */
  async function attempt(
    action: () => Promise<unknown>,
    done: string,
  ): Promise<void> {
    choices.disabled = erase.disabled = true;
    try {
      await action();
      await showWaiting();
      status.textContent = done;
    } catch (error) {
      status.textContent = `${texts.failed} ${String(error)}`;
    }
    choices.disabled = erase.disabled = false;
  }

  async function choose(next: ConsentState): Promise<void> {
    try {
      await call('set_consent', { state: next });
    } finally {
      check(await call<ConsentState>('consent'));
    }
  }

  for (const radio of radios) {
    radio.addEventListener('change', () => {
      void attempt(() => choose(radio.value as ConsentState), texts.saved);
    });
  }
  preview.addEventListener('toggle', () => {
    showWaiting().catch((error: unknown) => {
      waiting.textContent = `${texts.failed} ${String(error)}`;
    });
  });
  erase.addEventListener('click', () => {
    void attempt(() => call('erase'), texts.erased);
  });

  check(state);
  container.replaceChildren(
    element('section', { 'aria-labelledby': id }, [
      element('h2', { id }, [texts.title]),
      element('p', {}, [texts.explanation]),
      choices,
      preview,
      erase,
      status,
    ]),
  );
  return true;
}
