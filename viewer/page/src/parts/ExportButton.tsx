import { useShortcuts } from '../state/useShortcuts';

interface Props {
  /** The query of what is shown, as the API names it, with its question mark. */
  readonly query: () => string;
  /** The name of the file, without its ending. */
  readonly name: string;
}

/** Saves what is shown as OTLP JSON lines, which this page, the Collector and `tracepane open` read. */
export function ExportButton({ query, name }: Props) {
  const save = () => {
    const element = document.createElement('a');
    element.href = `/api/export${query()}`;
    element.download = `${name}.jsonl`;
    element.click();
  };
  useShortcuts([{ key: 'x', does: 'export as OTLP JSON', run: save }]);
  return (
    <button
      class="button framed"
      onClick={save}
      title="Save what is shown as OTLP JSON lines (x)"
    >
      Export
    </button>
  );
}
