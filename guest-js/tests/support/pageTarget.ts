type Listener = (event: Event) => void;

interface Registration {
  readonly type: string;
  readonly listener: Listener;
  readonly capture: boolean;
  readonly once: boolean;
}

/**
 * A window or a document as far as its own events go. Like a browser, and unlike `EventTarget` of
 * Node, it calls capturing listeners first, and then those that are registered by the time they are
 * done.
 */
export class PageTarget {
  private registrations: Registration[] = [];

  addEventListener(
    type: string,
    listener: Listener,
    options: AddEventListenerOptions | boolean = {},
  ): void {
    const { capture = false, once = false } =
      typeof options === 'boolean' ? { capture: options } : options;
    const known = this.registrations.some(
      (other) =>
        other.type === type &&
        other.listener === listener &&
        other.capture === capture,
    );
    if (known) return;
    this.registrations.push({ type, listener, capture, once });
  }

  dispatchEvent(event: Event): boolean {
    for (const capture of [true, false]) {
      const called = this.registrations.filter(
        (other) => other.type === event.type && other.capture === capture,
      );
      for (const registration of called) {
        if (registration.once) {
          this.registrations = this.registrations.filter(
            (other) => other !== registration,
          );
        }
        registration.listener(event);
      }
    }
    return true;
  }
}
