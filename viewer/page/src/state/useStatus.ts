import { useEffect } from 'preact/hooks';
import type { Status } from '../bindings/Status';
import { queryOf } from '../lib/queryOf';
import { link } from './link';
import { status } from './status';
import { useAnswer } from './useAnswer';

/** Keeps `status` that of the run that is shown. */
export function useStatus(): void {
  const run = link.value.params.get('run') ?? '';
  const { data } = useAnswer<Status>(
    () => `/api/status${queryOf(link.value, [], 0)}`,
    `status ${run}`,
    // A run that is named may be the current one, which grows.
    run === '' || (({ run }) => run.current),
  );
  useEffect(() => {
    if (!data) return;
    status.value = data;
    document.title = `${data.run.name || 'tracepane'} · tracepane`;
  }, [data]);
}
