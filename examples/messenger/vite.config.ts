import { defineConfig } from 'vite';

export default defineConfig({
  // Tauri shows the page of this port during development.
  server: { port: 5173, strictPort: true },
  build: { target: 'safari15' },
});
