// As in the getting started of Sentry, with its tracing.

import * as Sentry from '@sentry/browser';

Sentry.init({
  dsn: 'http://key@127.0.0.1/1',
  integrations: [Sentry.browserTracingIntegration()],
  tracesSampleRate: 1,
});

export function flush() {
  // The span of the page load, which would be the parent of all that are made while it lasts.
  Sentry.getActiveSpan()?.end();
  return Sentry.flush();
}
export const span = () => Sentry.startInactiveSpan({ name: 'bench' }).end();
export const attribute = (index) =>
  Sentry.startInactiveSpan({ name: 'bench', attributes: { index } }).end();
export const active = () => Sentry.startSpan({ name: 'bench' }, () => {});
