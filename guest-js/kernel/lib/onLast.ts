/**
 * Calls `handler` on each event of this type after all other listeners of `target`, however late
 * they were added: what they emit is still sent. A listener that is added in the capturing phase is
 * the last of the bubbling phase.
 */
export function onLast(
  target: EventTarget,
  type: string,
  handler: () => void,
): void {
  target.addEventListener(
    type,
    () => target.addEventListener(type, handler, { once: true }),
    { capture: true },
  );
}
