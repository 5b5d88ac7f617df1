import { findKernel } from '../api/findKernel.js';
import { startSpan } from '../api/startSpan.js';
import type { Span } from '../types/span.js';
import { createCause, type Cause } from './lib/createCause.js';
import { describeElement } from './lib/describeElement.js';
import { doNothing } from './lib/doNothing.js';
import { listen } from './lib/listen.js';
import { setContextSource } from './lib/contextSources.js';
import { stopAll } from './lib/stopAll.js';
import { wrapMethod } from './lib/wrapMethod.js';
import type { Stop } from './types/stop.js';

/**
 * Makes a span of every click and every submit that causes something which is recorded, as the parent of what it
 * causes: invokes, the requests of `traceFetch` and `traceXhr`, spans, events and log records. A click that causes
 * none of these is not recorded.
 *
 * The name is that of the event, the role and the accessible name of the element: `click button Send`. An attribute
 * `data-otel` replaces the accessible name. What was typed is never part of it. The span ends with the last of
 * the requests that it has caused.
 *
 * A browser does not tell which click has caused the code that runs after an `await`. So what a listener calls after it
 * has awaited an invoke belongs to the click only if the app is built with `tauri-plugin-opentelemetry-api/vite`.
 *
 * @example
 * ```ts
 * import { traceInteractions } from 'tauri-plugin-opentelemetry-api/instrumentations';
 *
 * traceInteractions();
 * ```
 */
export function traceInteractions(): Stop {
  const found = findKernel();
  if (!found) return doNothing;
  const kernel = found;

  let latest: { readonly event: Event; readonly cause: Cause } | undefined;
  /** The interactions whose spans are open, by span id. */
  const open = new Map<string, Cause>();

  /** The interaction whose listeners run. An event has a phase as long as it is dispatched. */
  const current = () => (latest?.event.eventPhase ? latest.cause : undefined);

  function begin(event: Event): void {
    const [target] = event.composedPath();
    // A click that a listener of another makes is a consequence of that one.
    if (current() || !(target instanceof Element)) return;
    const startTime = kernel.now();
    const cause: Cause = createCause(
      () => {
        const span = startInteraction(event, target, startTime);
        open.set(span.spanContext().spanId, cause);
        return span;
      },
      kernel.now,
      (span) => open.delete(span.spanContext().spanId),
    );
    latest = { event, cause };
    // The event is not dispatched any more when the next task runs, whether or not its listeners stop it.
    setTimeout(cause.finish);
  }

  function startInteraction(
    event: Event,
    target: Element,
    startTime: number,
  ): Span {
    const { submitter } = event as SubmitEvent;
    const { element, role, name } = describeElement(submitter ?? target);
    return startSpan(
      kernel,
      undefined,
      [event.type, role, name].join(' ').trim(),
      {
        'browser.tag_name': element.tagName,
        'app.widget.id': element.id || undefined,
        'app.widget.name': name || undefined,
      },
      { startTime },
    );
  }

  const stops = [
    listen(window, 'click', begin),
    listen(window, 'submit', begin),
    setContextSource(kernel, 'interaction', () => current()?.active),
    wrapMethod(window, 'fetch', (send, args) => {
      const answer = send(...args);
      const cause = current() ?? causeOfActive();
      return cause?.span ? cause.waitFor(answer) : answer;
    }),
  ];

  /** The interaction whose span somebody has made active again, after an `await`. */
  function causeOfActive(): Cause | undefined {
    return open.size
      ? open.get(kernel.active()?.spanContext()?.spanId ?? '')
      : undefined;
  }

  return stopAll(stops);
}
