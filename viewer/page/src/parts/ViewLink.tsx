import type { AnchorHTMLAttributes, ComponentChildren } from 'preact';
import { writeLink } from '../lib/writeLink';
import type { Link } from '../types/Link';

type Props = Pick<
  AnchorHTMLAttributes,
  'class' | 'title' | 'style' | 'aria-current'
> & {
  readonly to: Link;
  readonly children: ComponentChildren;
};

/** A link to another view; a real one, which opens in a new tab as well. */
export function ViewLink({ to, children, ...rest }: Props) {
  return (
    <a {...rest} href={writeLink(to)}>
      {children}
    </a>
  );
}
