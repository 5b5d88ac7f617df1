import { useEffect, useState } from 'preact/hooks';
import type { OpenAnswer } from '../bindings/OpenAnswer';
import { request } from '../api/request';
import { linkTo } from '../lib/linkTo';
import { plural } from '../lib/plural';
import { go } from '../state/go';
import { message } from '../state/message';

/** What a file can hold, and the view that shows it. */
const SIGNALS = [
  ['spans', 'span', 'traces'],
  ['logs', 'log record', 'logs'],
  ['metricPoints', 'data point', 'metrics'],
] as const;

/** Opens a file that is dropped anywhere on the page as a run of its own. */
export function FileDrop() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const onOver = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file) void open(file);
    };
    addEventListener('dragover', onOver);
    addEventListener('dragleave', onLeave);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onOver);
      removeEventListener('dragleave', onLeave);
      removeEventListener('drop', onDrop);
    };
  }, []);
  return over ? <div class="drop">Drop to open as a new run</div> : null;
}

async function open(file: File): Promise<void> {
  try {
    const { run, counts, errors } = await request<OpenAnswer>(
      `/api/open?name=${encodeURIComponent(file.name)}`,
      { method: 'POST', body: file },
    );
    const found = SIGNALS.filter(([name]) => counts[name] > 0);
    const read =
      found.map(([name, noun]) => plural(counts[name], noun)).join(', ') ||
      'nothing';
    const unread = errors.length > 0 ? `; not read: ${errors.join('; ')}` : '';
    message.value = `${file.name}: ${read}${unread}`;
    go(linkTo(found[0]?.[2] ?? 'traces', { run }));
  } catch (error) {
    message.value = `${file.name}: ${(error as Error).message}`;
  }
}
