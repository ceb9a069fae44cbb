// Opens a port for an app: HTTP with WebSockets, and for agents TLS on the same port. Gives its address and how to end it.
import type { AddressInfo, Server as PortServer } from 'node:net';
import { createServer, type Server } from 'node:http';
import { createAdaptorServer, type WebSocketServerLike } from '@hono/node-server';
import { WebSocketServer } from 'ws';
import { MAX_MESSAGE_BYTES } from '#agents/protocol.ts';
import type { Listen } from './config.ts';
import { createSecureListener, type ListenerOptions, type MakeServer } from './fleet/listener.ts';
import { ServerStartError } from './start-error.ts';

export interface Listener extends AsyncDisposable {
  readonly url: string;
}

interface App {
  readonly fetch: (request: Request, env: object) => Response | Promise<Response>;
}

/** @param secure where connections may speak TLS; absent: plain only. @throws ServerStartError when the port cannot be had */
export async function listenOn({ host, port }: Listen, app: App, variable: string, secure?: Omit<ListenerOptions, 'make'>): Promise<Listener> {
  // Agents' pings are answered where they count.
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false, autoPong: secure === undefined });
  const make: MakeServer = (parts) => createAdaptorServer({ ...parts, fetch: app.fetch, overrideGlobalObjects: false, websocket: { server: sockets as unknown as WebSocketServerLike } }) as Server;
  const opened = secure === undefined ? plainListener(make) : createSecureListener({ ...secure, make });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  opened.server.once('error', reject).listen(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    throw new ServerStartError(`Cannot listen on ${host}:${port}: ${reasonOf(error)}. Set ${variable} to another address.`, { cause: error });
  }
  const bound = opened.server.address() as AddressInfo;
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return {
    url: `http://${name}:${bound.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.close(1001);
      const closed = opened.close();
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await closed;
    },
  };
}

function plainListener(make: MakeServer): { readonly server: PortServer; close(): Promise<void> } {
  const server = make({ createServer });
  return {
    server,
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      await promise;
    },
  };
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE') return 'the port is taken by another program';
  if (code === 'EACCES') return 'this user may not listen there';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'this machine has no such address';
  return error instanceof Error ? error.message : String(error);
}
