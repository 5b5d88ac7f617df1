import type { ComponentChildren } from 'preact';
import type { LogRecord } from '../bindings/LogRecord';
import { formatTime } from '../lib/formatTime';

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
      <time title={formatTime(log.time, 6)}>{when}</time>
      <span class="severity" data-severity={log.severity}>
        {log.severity === 'unspecified' ? '–' : log.severity}
      </span>
      {children}
    </button>
  );
}
