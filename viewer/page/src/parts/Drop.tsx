import { useEffect, useState } from 'preact/hooks';
import type { OpenAnswer } from '../bindings/OpenAnswer';
import { request } from '../api/request';
import { linkTo } from '../lib/linkTo';
import { plural } from '../lib/plural';
import { go } from '../state/go';
import { message } from '../state/message';

/** Opens a file that is dropped anywhere on the page as a run of its own. */
export function Drop() {
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
    const read = `${file.name}: ${plural(counts.spans, 'span')}, ${plural(counts.logs, 'log record')}`;
    const unread = errors.length > 0 ? `; not read: ${errors.join('; ')}` : '';
    message.value = `${read}${unread}`;
    go(linkTo('traces', { run }));
  } catch (error) {
    message.value = `${file.name}: ${(error as Error).message}`;
  }
}
