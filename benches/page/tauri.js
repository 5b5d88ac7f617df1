// What the runtime needs of a webview: tauri's invoke, which is a fetch.

window.__TAURI_INTERNALS__ = {
  invoke: async (cmd, body) => {
    const response = await window.fetch(
      `ipc://localhost/${encodeURIComponent(cmd)}`,
      { method: 'POST', headers: new Headers(), body },
    );
    return response.json();
  },
};
