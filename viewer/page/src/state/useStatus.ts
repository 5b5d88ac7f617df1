import { useEffect } from 'preact/hooks';
import type { Status } from '../bindings/Status';
import { link } from './link';
import { status } from './status';
import { useAnswer } from './useAnswer';

/** Keeps `status` that of the run that is shown. */
export function useStatus(): void {
  const run = link.value.params.get('run') ?? '';
  const query = run && `?run=${encodeURIComponent(run)}`;
  const { data } = useAnswer<Status>(
    () => `/api/status${query}`,
    `status ${run}`,
    run === '',
  );
  useEffect(() => {
    if (!data) return;
    status.value = data;
    document.title = `${data.run.name || 'tracepane'} · tracepane`;
  }, [data]);
}
