const { telemetry } = window.__TAURI__.opentelemetry;

const log = (line) =>
  (document.querySelector('#log').textContent += `${line}\n`);

document.querySelector('#run').onclick = () =>
  telemetry
    .withSpan('ui.button_click', { button: 'run' }, (span) =>
      span.invoke('run_pipeline'),
    )
    .then(
      (slug) => log(`ok: ${slug}`),
      (error) => log(`error: ${error}`),
    );
