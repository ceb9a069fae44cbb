// Builds the agent as one file, dist/agent/main.js, for `vite build --config agents/vite.config.ts`.
// dockerode brings gRPC, Protocol Buffers and ssh along for image builds and remote engines; the agent does neither, and without them
// it needs a third less memory. The unbundled agents/main.ts works just the same.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const ABSENT = fileURLToPath(new URL('absent.ts', import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  logLevel: 'warn',
  resolve: {
    alias: [{ find: /^(@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|ssh2)$/, replacement: ABSENT }],
  },
  ssr: { noExternal: true, target: 'node' },
  build: {
    ssr: 'main.ts',
    target: 'node24',
    outDir: fileURLToPath(new URL('../dist/agent', import.meta.url)),
    emptyOutDir: true,
    minify: true,
    // One file: what builds need is in it, and comes into memory only where it is asked for.
    rolldownOptions: { output: { entryFileNames: 'main.js', codeSplitting: false } },
  },
});
