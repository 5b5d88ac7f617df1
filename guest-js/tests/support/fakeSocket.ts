import { vi } from 'vitest';

/** A frame that the page has sent. */
export type SentFrame = Record<string, unknown> & {
  readonly id: number;
  readonly cmd: string;
};

/** The other end of a WebSocket that a page has opened. */
export interface FakeSocket {
  readonly url: string;
  readonly protocols: readonly string[];
  /** Everything that was sent, in order. */
  readonly sent: SentFrame[];
  accept(): void;
  push(frame: object): void;
  /** Answers the last request for this command. */
  answer(cmd: string, answer: object): void;
  lose(): void;
}

/** Puts WebSockets into the hands of the test; they are listed in the order in which they were opened. */
export function stubWebSocket(): FakeSocket[] {
  const sockets: FakeSocket[] = [];

  function WebSocket(url: string, list: Iterable<string>): object {
    // As a browser reads it: by whatever iterates it at this moment.
    const protocols = Array.from(list);
    const sent: SentFrame[] = [];
    const page: Record<string, (event?: object) => void> = {
      send: (text) => void sent.push(JSON.parse(text as unknown as string)),
    };
    const push = (frame: object) =>
      page['onmessage']?.({ data: JSON.stringify(frame) });
    sockets.push({
      url,
      protocols,
      sent,
      push,
      accept: () => page['onopen']?.(),
      answer(cmd, answer) {
        const request = sent.filter((frame) => frame.cmd === cmd).at(-1);
        if (!request) throw new Error(`nobody has called ${cmd}`);
        push({ id: request.id, ...answer });
      },
      lose: () => page['onclose']?.(),
    });
    return page;
  }

  vi.stubGlobal('WebSocket', WebSocket);
  return sockets;
}
