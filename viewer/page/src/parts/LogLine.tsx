import type { ComponentChildren } from 'preact';
import type { LogRecord } from '../bindings/LogRecord';
import { formatWhen } from '../lib/formatWhen';

interface Props {
  readonly log: LogRecord;
  /** When it was, as it is shown. */
  readonly when: string;
  readonly current: boolean;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

/** One log record: when, how bad, and what `children` make of the rest. */
export function LogLine({ log, when, current, onClick, children }: Props) {
  return (
    <button class="log" aria-current={current} onClick={onClick}>
      <time title={formatWhen(log.time, Date.now(), 6)}>{when}</time>
      <span class="severity" data-severity={log.severity}>
        {log.severity === 'unspecified' ? '–' : log.severity}
      </span>
      {children}
    </button>
  );
}
