// The other end of hook.mjs: answers a provisioner's calls in the process of a test or a lab. Takes a folder for the socket and the list of hooks, and a
// function that is the cloud; gives the file that FIRN_PROVISIONERS names. What the function throws is a hook that fails.
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HookAsk } from '#server/burst/hook-contract.ts';

const CLIENT = fileURLToPath(new URL('hook.mjs', import.meta.url));

export interface HookServer extends AsyncDisposable {
  /** For the server's configuration: one hook, named as asked. */
  readonly file: string;
}

/** @param answer an object is sent as JSON, text as it is, `undefined` never answers */
export async function startHookServer(folder: string, name: string, answer: (ask: HookAsk) => Promise<unknown>): Promise<HookServer> {
  const path = join(folder, `${name}.sock`);
  const file = join(folder, `${name}-hooks.json`);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const pieces: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    socket.on('end', async () => {
      try {
        const said = await answer(JSON.parse(Buffer.concat(pieces).toString()) as HookAsk);
        if (said !== undefined) socket.end(typeof said === 'string' ? said : JSON.stringify(said));
      } catch {
        socket.end();
      }
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  await writeFile(file, JSON.stringify({ [name]: { command: [process.execPath, CLIENT, path], env: {} } }));
  return {
    file,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
