import { addAttributes } from '../lib/addAttributes.js';
import { clip } from '../lib/clip.js';
import type { Attributes } from '../types/attributes.js';
import type { Logger, WriteLog } from '../types/logger.js';
import { findKernel } from './findKernel.js';

/** A logger with a scope of this name. It is asked for a kernel with every record: one may come later, or never. */
export function createLogger(name: string, version?: string): Logger {
  function write(
    severity: number,
    body: string | undefined,
    attributes: Attributes | undefined,
    eventName?: string,
  ): void {
    const kernel = findKernel();
    if (!kernel) return;
    const context = kernel.active()?.spanContext();
    kernel.emit('logs', {
      time: kernel.now(),
      severity,
      eventName,
      body,
      attributes: addAttributes(undefined, attributes),
      traceId: context?.traceId,
      spanId: context?.spanId,
      scope: kernel.scope(name, version),
    });
  }

  /** By the severity numbers of OpenTelemetry. */
  const at =
    (severity: number): WriteLog =>
    (body, attributes) =>
      write(severity, clip(body), attributes);

  return {
    trace: at(1),
    debug: at(5),
    info: at(9),
    warn: at(13),
    error: at(17),
    fatal: at(21),
    event: (eventName, attributes) =>
      write(9, undefined, attributes, clip(eventName)),
  };
}
