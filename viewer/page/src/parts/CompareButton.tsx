import { sideOf } from '../lib/sideOf';
import { firstSide } from '../state/firstSide';
import { go } from '../state/go';
import { link } from '../state/link';
import { useShortcuts } from '../state/useShortcuts';

/** Remembers what is shown; pressed again where something else is shown, compares the two. */
export function CompareButton() {
  const first = firstSide.value;
  const press = () => {
    const side = sideOf(link.value, Date.now());
    firstSide.value = first ? undefined : side;
    if (!first) return;
    const params = new URLSearchParams({ compare: '1' });
    first.forEach((value, name) => params.set(`a.${name}`, value));
    side.forEach((value, name) => params.set(`b.${name}`, value));
    go({ view: 'runs', id: '', params });
  };
  useShortcuts([{ key: 'c', does: 'compare what is shown', run: press }]);
  return (
    <button
      class="button framed"
      aria-pressed={first !== undefined}
      onClick={press}
      title={
        first
          ? 'Compare what was chosen with what is shown now (c)'
          : 'Choose what is shown to compare it (c)'
      }
    >
      {first ? 'Compare with this' : 'Compare'}
    </button>
  );
}
