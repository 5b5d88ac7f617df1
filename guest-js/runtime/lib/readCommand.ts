// The `ipc` scheme as tauri writes it: a scheme of its own, or a host on Windows and Android.
const IPC_URL = /^(?:ipc:\/\/|https?:\/\/ipc\.)localhost\/(.*)/;

/** The command that a fetch of `url` would invoke, or `undefined` if that is not an invoke. */
export function readCommand(url: unknown): string | undefined {
  try {
    const match = IPC_URL.exec(url as string);
    return match?.[1] && decodeURIComponent(match[1]);
  } catch {
    // Not a name that tauri has written.
    return;
  }
}
