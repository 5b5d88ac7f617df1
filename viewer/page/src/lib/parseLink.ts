import { VIEWS, type Link, type ViewName } from '../types/Link';

/**
 * Reads a fragment such as `#/trace/4bf9…?span=00f0…` or `#/traces?service=relay&start=…&end=…`. What cannot be read is the list of traces.
 * A token (`#token=…`, or among the parameters) is not part of the link.
 */
export function parseLink(fragment: string): Link {
  const text = fragment.replace(/^#/, '');
  const [path = '', query = ''] = text.startsWith('/')
    ? splitOnce(text, '?')
    : ['', text];
  const params = new URLSearchParams(query);
  params.delete('token');
  const [, view = '', id = ''] = path.split('/');
  return isView(view)
    ? { view, id: decode(id), params }
    : { view: 'traces', id: '', params };
}

function isView(text: string): text is ViewName {
  return text === 'trace' || (VIEWS as readonly string[]).includes(text);
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

/** A fragment is typed by people, too: a lone `%` is itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
