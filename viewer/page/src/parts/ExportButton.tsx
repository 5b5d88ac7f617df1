import { useShortcuts } from '../state/useShortcuts';
import { link } from '../state/link';

interface Props {
  /** The filter of what is exported, as the API names it. */
  readonly query: Record<string, string>;
  /** The name of the file, without its ending. */
  readonly name: string;
}

/** Saves what is shown as OTLP JSON lines, which this page, the Collector and `tracepane open` read. */
export function ExportButton({ query, name }: Props) {
  const params = new URLSearchParams(query);
  const run = link.value.params.get('run');
  if (run) params.set('run', run);
  const anchor = () => document.createElement('a');
  const save = () => {
    const element = anchor();
    element.href = `/api/export?${params}`;
    element.download = `${name}.jsonl`;
    element.click();
  };
  useShortcuts([{ key: 'x', does: 'export as OTLP JSON', run: save }]);
  return (
    <button
      class="button framed"
      onClick={save}
      title="Save as OTLP JSON lines (x)"
    >
      Export
    </button>
  );
}
