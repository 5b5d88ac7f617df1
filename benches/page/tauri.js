// What the kernel needs of a webview: the URL of a command, and tauri's invoke, which is a fetch.

const convertFileSrc = (path, protocol) =>
  `${protocol}://localhost/${encodeURIComponent(path)}`;

window.__TAURI_INTERNALS__ = {
  convertFileSrc,
  invoke: async (cmd, body) => {
    const response = await window.fetch(convertFileSrc(cmd, 'ipc'), {
      method: 'POST',
      headers: new Headers(),
      body,
    });
    return response.json();
  },
};
