import { parseDuration } from './parseDuration';

/** The parameters of the API that a filter can set. */
export const FILTERS = [
  'service',
  'command',
  'window',
  'search',
  'minDuration',
  'maxDuration',
  'error',
  'attribute',
] as const;

const NAMED = /^(service|command|window):(.+)$/;
const ATTRIBUTE = /^([^\s=:<>]+)=(.*)$/;

/**
 * Reads what is typed into the filter of traces: `service:relay`, `command:send_message`, `window:main`, `>10ms`, `<2s`, `error`, `-error`,
 * `key=value`; every other word is looked for in the name. Quotes hold words together: `command:"a b"`.
 */
export function parseFilter(
  text: string,
): Record<(typeof FILTERS)[number], string | string[]> {
  const found: Record<string, string> = {};
  const attribute: string[] = [];
  const words: string[] = [];
  for (const quoted of text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []) {
    const word = quoted.replaceAll('"', '');
    const [, name, value] = NAMED.exec(word) ?? [];
    const bound = /^[<>]/.test(word) ? word.slice(1) : '';
    if (name && value) found[name] = value;
    else if (bound && parseDuration(bound) !== undefined)
      found[word.startsWith('>') ? 'minDuration' : 'maxDuration'] =
        /[a-zµ]$/.test(bound) ? bound : `${bound}ms`;
    else if (word === 'error') found['error'] = 'true';
    else if (word === '-error') found['error'] = 'false';
    else if (ATTRIBUTE.test(word)) attribute.push(word);
    else words.push(word);
  }
  return {
    service: '',
    command: '',
    window: '',
    minDuration: '',
    maxDuration: '',
    error: '',
    search: words.join(' '),
    attribute,
    ...found,
  };
}
