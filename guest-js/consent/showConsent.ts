import { invokeTauri } from '../api/invokeTauri.js';
import { element } from './element.js';
import { defaultTexts, type ConsentTexts } from './texts.js';

/** What the person who uses the app has decided about its telemetry. */
export type ConsentState = 'pending' | 'granted' | 'denied';

/** What telemetry is for: reports of crashes, metrics, and spans with log records. */
export type ConsentPurpose = 'crashes' | 'usage' | 'diagnostics';

/** Options of {@link showConsent}. */
export interface ConsentOptions {
  /** The purposes to ask about, each by itself. Without it there is one choice about all. */
  readonly purposes?: readonly ConsentPurpose[];
  /** Texts in place of the English ones. */
  readonly texts?: Partial<ConsentTexts>;
}

/** A question and its three answers. */
interface Question {
  readonly fieldset: HTMLFieldSetElement;
  /** Makes the answer take effect. */
  save(): Promise<void>;
}

const STATES = ['granted', 'denied', 'pending'] as const;

let shown = 0;

function call<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  return invokeTauri<T>(`plugin:opentelemetry|${command}`, args);
}

/**
 * Shows the choice about telemetry in `container`: the three states, for each purpose if there are `purposes`, a button that saves the choice,
 * what would be sent, and a button that deletes what is waiting. It is made of ordinary form elements, so the styles of the page, the keyboard
 * and screen readers work as elsewhere. Its window needs the permission `opentelemetry:choose-consent`.
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
  { purposes, texts: own = {} }: ConsentOptions = {},
): Promise<boolean> {
  if ((await call<ConsentState | null>('consent')) === null) return false;
  const texts = { ...defaultTexts, ...own };
  const id = `opentelemetry-consent-${++shown}`;

  const status = element('p', { role: 'status' });
  const questions = await Promise.all((purposes ?? [undefined]).map(ask));
  const waiting = element('pre', {
    tabindex: '0',
    role: 'region',
    'aria-label': texts.preview,
  });
  const preview = element('details', {}, [
    element('summary', {}, [texts.preview]),
    waiting,
  ]);
  // A keyboard moves through the choices one by one, so none may take effect before it is saved.
  const form = element('form', {}, [
    ...questions.map(({ fieldset }) => fieldset),
    element('button', { type: 'submit' }, [texts.save]),
  ]);
  const erase = element('button', { type: 'button' }, [texts.erase]);

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
    try {
      await action();
      await showWaiting();
      status.textContent = done;
    } catch (error) {
      status.textContent = `${texts.failed} ${String(error)}`;
    }
  }

  /** The question about a purpose, or about all of them. */
  async function ask(purpose?: ConsentPurpose): Promise<Question> {
    const about = purpose && { purpose };
    const name = `${id}-${purpose ?? 'all'}`;
    const radios = STATES.map((value) =>
      element('input', { type: 'radio', name, value }),
    );
    async function check(): Promise<void> {
      const current = await call<ConsentState>('consent', about);
      for (const radio of radios) radio.checked = radio.value === current;
    }
    async function save(): Promise<void> {
      const state = radios.find(({ checked }) => checked)?.value;
      try {
        await call('set_consent', { state, ...about });
      } finally {
        await check();
      }
    }
    await check();
    const fieldset = element('fieldset', {}, [
      element('legend', {}, [texts[purpose ?? 'question']]),
      ...radios.map((radio) =>
        element('label', {}, [radio, ' ', texts[radio.value as ConsentState]]),
      ),
    ]);
    return { fieldset, save };
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const save = () =>
      Promise.all(questions.map((question) => question.save()));
    void attempt(save, texts.saved);
  });
  preview.addEventListener('toggle', () => {
    showWaiting().catch((error: unknown) => {
      waiting.textContent = `${texts.failed} ${String(error)}`;
    });
  });
  erase.addEventListener('click', () => {
    void attempt(() => call('erase'), texts.erased);
  });

  container.replaceChildren(
    element('section', { 'aria-labelledby': id }, [
      element('h2', { id }, [texts.title]),
      element('p', {}, [texts.explanation]),
      form,
      preview,
      erase,
      status,
    ]),
  );
  return true;
}
