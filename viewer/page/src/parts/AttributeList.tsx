import type { AttributeValue } from '../bindings/AttributeValue';
import { formatAttribute } from '../lib/formatAttribute';
import { visibleText } from '../lib/visibleText';

interface Props {
  readonly attributes: { [name in string]: AttributeValue };
}

/** Attributes by name. Names and values are text, whatever they look like. */
export function AttributeList({ attributes }: Props) {
  return (
    <dl class="pairs">
      {Object.entries(attributes).map(([name, value]) => {
        const text = formatAttribute(name, value);
        const wide = text.length > 90 || text.includes('\n');
        return [
          <dt key={name} class={wide ? 'wide' : ''}>
            {visibleText(name)}
          </dt>,
          <dd key={`${name}=`} class={wide ? 'wide' : ''}>
            {text}
          </dd>,
        ];
      })}
    </dl>
  );
}
