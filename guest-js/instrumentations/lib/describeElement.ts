/** What is recorded of the element that somebody has used. */
export interface ElementDescription {
  readonly element: Element;
  /** Its role, or the name of its tag if it has none. */
  readonly role: string;
  /** Its accessible name, shortened. */
  readonly name: string;
}

/** Elements that are there to be used, and the parts of others that stand for them. */
const USABLE =
  '[data-otel],button,a[href],input,select,textarea,summary,label,option,form,[role]';

/** The roles that tags have by themselves, as far as people use them. */
const ROLES: Record<string, string> = {
  a: 'link',
  summary: 'button',
  select: 'combobox',
  textarea: 'textbox',
};
const INPUT_ROLES: Record<string, string> = {
  button: 'button',
  submit: 'button',
  reset: 'button',
  image: 'button',
  checkbox: 'checkbox',
  radio: 'radio',
  range: 'slider',
};

/** Roles whose name is their text. The text of any other may be what somebody has typed, or a document. */
const NAMED_BY_TEXT =
  /^(?:button|link|tab|menuitem(?:checkbox|radio)?|switch|checkbox|radio|label|option)$/;

/** What people write into: the text in it, also that of a link or a tab, is what was typed. */
const EDITABLE = '[contenteditable]:not([contenteditable="false" i])';

/** Characters of a name: a button has fewer, and a text that is longer says no more. */
const MAX_NAME = 64;

/** Describes the usable element that `target` belongs to, or `target` itself if there is none. */
export function describeElement(target: Element): ElementDescription {
  const element = target.closest(USABLE) ?? target;
  const role = roleOf(element);
  const name = nameOf(element, role).replace(/\s+/g, ' ').trim();
  return { element, role, name: name.slice(0, MAX_NAME) };
}

function roleOf(element: Element): string {
  const tag = element.tagName.toLowerCase();
  const given = element.getAttribute('role')?.trim().split(/\s+/)[0];
  if (given) return given;
  return tag === 'input'
    ? (INPUT_ROLES[typeOf(element)] ?? 'textbox')
    : (ROLES[tag] ?? tag);
}

/** The accessible name, by the first of its sources that has one. Never the value of a field. */
function nameOf(element: Element, role: string): string {
  const attribute = (name: string) => element.getAttribute(name)?.trim();
  const labels = (element as Partial<HTMLInputElement>).labels;
  return (
    attribute('data-otel') ||
    textOfIds(element, attribute('aria-labelledby')) ||
    attribute('aria-label') ||
    (labels?.[0] && textOf(labels[0])) ||
    (INPUT_ROLES[typeOf(element)] === 'button' && attribute('value')) ||
    (NAMED_BY_TEXT.test(role) && textOf(element)) ||
    attribute('alt') ||
    attribute('title') ||
    ''
  );
}

function textOfIds(element: Element, ids: string | undefined): string {
  const found = (ids ?? '')
    .split(/\s+/)
    .map((id) => id && element.ownerDocument.getElementById(id));
  return found
    .map((one) => (one ? textOf(one) : ''))
    .join(' ')
    .trim();
}

/** The text of an element without what was typed: that of fields in it, and of what can be edited. */
function textOf(element: Element): string {
  if (element.closest(EDITABLE)) return '';
  let text = '';
  for (const node of element.childNodes) {
    if (text.length > MAX_NAME) break;
    if (node.nodeType === 3) text += node.nodeValue ?? '';
    else if (node.nodeType === 1) text += textInside(node as Element);
  }
  return text;
}

function textInside(element: Element): string {
  if (element.matches('input,select,textarea,script,style')) return '';
  return element.getAttribute('alt') ?? textOf(element);
}

function typeOf(element: Element): string {
  return (element.getAttribute('type') ?? '').toLowerCase();
}
