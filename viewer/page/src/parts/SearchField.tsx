import { useEffect, useRef } from 'preact/hooks';
import { useShortcuts } from '../state/useShortcuts';

interface Props {
  readonly value: string;
  readonly placeholder: string;
  readonly label: string;
  readonly onInput: (text: string) => void;
}

/** A field that takes all the room and is reached with `/`. */
export function SearchField({ value, placeholder, label, onInput }: Props) {
  const field = useRef<HTMLInputElement>(null);
  useShortcuts([
    { key: '/', does: 'filter', run: () => field.current?.focus() },
  ]);
  useEffect(() => {
    // Not while somebody types: half a word is not what the link says.
    if (field.current && document.activeElement !== field.current)
      field.current.value = value;
  }, [value]);
  return (
    <input
      ref={field}
      class="field grow"
      type="search"
      spellcheck={false}
      placeholder={placeholder}
      aria-label={label}
      onInput={({ currentTarget }) => onInput(currentTarget.value)}
    />
  );
}
