import type { ComponentChildren } from 'preact';
import { isFiltered } from '../lib/isFiltered';
import { linkTo } from '../lib/linkTo';
import { go } from '../state/go';
import { link } from '../state/link';
import { Empty } from './Empty';

interface Props {
  readonly noun: string;
  /** The parameters of the link that leave some out, beside the time window. */
  readonly filters?: readonly string[];
  readonly children?: ComponentChildren;
}

/** An empty list: what would be in it (`children`) or, if the link has filters, the way to the list without them. */
export function None({ noun, filters = [], children }: Props) {
  const { view, params } = link.value;
  if (!isFiltered(params, filters))
    return <Empty title={`No ${noun}s`}>{children}</Empty>;
  const [run, patterns] = [params.get('run'), params.get('patterns')];
  return (
    <Empty title={`No ${noun} matches`}>
      <button
        class="button framed"
        onClick={() => go(linkTo(view, { run, patterns }))}
      >
        Show all
      </button>
    </Empty>
  );
}
