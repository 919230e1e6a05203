import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Relative, so that the page works under any prefix a reverse proxy puts it.
  base: './',
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // One script and one style sheet: nothing is loaded later, nothing is inlined (content security policy).
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/ws': { target: 'ws://127.0.0.1:8080', ws: true } } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
