import { telemetry, type Span } from 'tauri-plugin-opentelemetry-api';

/**
 * Runs `action` on each click of the button, in a span of the click. The span is handed on, because
 * after an `await` nothing else knows which click it was.
 */
export function onClick(
  button: string,
  action: (span: Span) => Promise<unknown>,
): void {
  const status = document.querySelector('#status')!;
  document.querySelector(`#${button}`)!.addEventListener('click', () => {
    telemetry
      .withSpan('ui.button_click', { button }, action)
      .then(() => (status.textContent = `${button}: done`))
      .catch((error: unknown) => (status.textContent = `${button}: ${error}`));
  });
}
