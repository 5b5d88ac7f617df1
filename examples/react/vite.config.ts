import react from '@vitejs/plugin-react';
import opentelemetry from 'tauri-plugin-opentelemetry-api/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react(), opentelemetry()],
  build: { target: 'safari15' },
});
