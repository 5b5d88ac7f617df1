/** The `ipc` scheme as tauri writes it: a scheme of its own, or a host on Windows and Android. */
export const IPC_URL = /^(?:ipc:\/\/|https?:\/\/ipc\.)localhost\/(.*)/;

/** The command that a fetch of `input` would invoke, or `undefined` if that is not an invoke. */
export function readCommand(input: unknown): string | undefined {
  try {
    // `fetch` takes a `Request`, which has the property `url`, or the URL itself.
    const url = String((input as Partial<Request>).url ?? input);
    const path = IPC_URL.exec(url)?.[1];
    return path ? decodeURIComponent(path) : undefined;
  } catch {
    // Not a name that tauri has written.
    return undefined;
  }
}
