import type { Message } from './message';

/** Shows a message below the others. */
export function showMessage({ text }: Message): void {
  const item = document.createElement('li');
  item.textContent = text;
  document.querySelector('#messages')!.append(item);
}
