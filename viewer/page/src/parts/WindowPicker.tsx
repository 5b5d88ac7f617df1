import { formatWhen } from '../lib/formatWhen';
import { withParams } from '../lib/withParams';
import { go } from '../state/go';
import { link } from '../state/link';

const CHOICES = [
  ['', 'whole run'],
  ['1m', 'last minute'],
  ['5m', 'last 5 minutes'],
  ['15m', 'last 15 minutes'],
  ['1h', 'last hour'],
] as const;

/** The time window of the view: the whole run, up to now, or fixed. */
export function WindowPicker() {
  const { params } = link.value;
  const [start, end] = [params.get('start'), params.get('end')];
  const time = (text: string) => formatWhen(Number(text), Date.now(), 0);
  const fixed =
    start || end
      ? `${start ? time(start) : '…'} – ${end ? time(end) : 'now'}`
      : undefined;
  return (
    <div>
      <select
        class="field"
        aria-label="Time window"
        value={fixed ? 'fixed' : (params.get('last') ?? '')}
        onChange={({ currentTarget }) =>
          go(
            withParams(link.value, {
              start: undefined,
              end: undefined,
              last: currentTarget.value,
            }),
          )
        }
      >
        {fixed && (
          <option value="fixed" disabled>
            {fixed}
          </option>
        )}
        {CHOICES.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
