// The npm package, in a page that has the runtime.

import { telemetry } from 'tauri-plugin-opentelemetry-api';

export const flush = () => telemetry.flush();
export const span = () => telemetry.startSpan('bench').end();
export const attribute = (index) =>
  telemetry.startSpan('bench', { index }).end();
export const active = () => telemetry.withSpan('bench', () => {});
