import { svelte } from '@sveltejs/vite-plugin-svelte';
import opentelemetry from 'tauri-plugin-opentelemetry-api/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte(), opentelemetry()],
  build: { target: 'safari15' },
});
