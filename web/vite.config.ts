// Builds the console into dist/console, where the server finds it; `vite` with this file serves it for development and hands the API
// to a server that runs beside it. Nothing is fetched from elsewhere: no fonts, no scripts, no images of others.
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';
import solid from 'vite-plugin-solid';

/** A server started beside `vite` for development; FIRN_DEV_SERVER names another. */
const server = process.env.FIRN_DEV_SERVER ?? 'http://127.0.0.1:7070';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [solid(), tailwindcss()],
  build: { outDir: '../dist/console', emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0, reportCompressedSize: true },
  // The console's own folder api/ is served by vite itself: only the API's root goes to the server, which must see the address that the
  // browser sees, or it takes every change for a call of another site.
  server: {
    host: '127.0.0.1',
    port: 7080,
    proxy: Object.fromEntries(['/api/v1', '/docs', '/openapi.json', '/healthz'].map((path) => [path, { target: server, changeOrigin: false }])),
  },
});
