/** How a command ended, or why its end is not known. */
export interface Answer {
  readonly outcome: 'ok' | 'error';
  readonly value: unknown;
}

/** What the bridge sends without being asked. */
export type Push =
  | {
      readonly event: string;
      readonly payload: unknown;
      readonly callback: number;
      readonly eventId: number;
    }
  | {
      readonly channel: number;
      readonly index: number;
      readonly message?: unknown;
      readonly base64?: string;
    }
  | {
      /** Of the next message of a channel: the `detail` of the event that says so in a webview. */
      readonly announced: unknown;
    };

/** The socket, with all that is under way on it. */
export interface Connection {
  /**
   * Calls a command. `members` are the other members of the frame, as JSON without braces. Never rejects:
   * a call that gets no answer ends as an error which says so.
   */
  request(cmd: string, members: string): Promise<Answer>;
  /** Sends a request whose answer nobody waits for; nothing happens while there is no connection. */
  post(cmd: string, members: string): void;
}
