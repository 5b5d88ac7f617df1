import { withParams } from '../lib/withParams';
import { go } from '../state/go';
import { link } from '../state/link';

interface Props {
  /** The parameter of the link that is chosen. */
  readonly name: string;
  readonly label: string;
  readonly options: readonly string[];
}

/** A parameter of the link as a list to choose from. */
export function Choice({ name, label, options }: Props) {
  const value = link.value.params.get(name) ?? '';
  // A link may ask for what is not in this run.
  const all = value && !options.includes(value) ? [value, ...options] : options;
  return (
    <select
      class="field"
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) =>
        go(withParams(link.value, { [name]: currentTarget.value }))
      }
    >
      <option value="">{label}</option>
      {all.map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  );
}
