// Starts the server: context, loops, the console's and the agents' listeners; stops them in reverse order.
// Both listeners answer only when everything behind them is ready.
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { createAdaptorServer, type WebSocketServerLike } from '@hono/node-server';
import { WebSocketServer } from 'ws';
import { MAX_MESSAGE_BYTES } from '#agents/protocol.ts';
import { type Config, type Listen } from './config.ts';
import { type Context, openContext, type Overrides } from './context.ts';
import { prepareFirstStart } from './control/first-start.ts';
import { startLoops } from './control/loops.ts';
import { registryGuests } from './control/registry-guests.ts';
import { ensureFirstAdmin } from './http/accounts.ts';
import { createAgentApp, createApp } from './http/app.ts';
import { ServerStartError } from './start-error.ts';

export interface ServerHandle extends AsyncDisposable {
  /** Console and API, as `http://host:port`. */
  readonly url: string;
  /** Where agents join and connect. */
  readonly agentUrl: string;
  readonly context: Context;
  /** The first person's name and password, on the first start of a data folder only. */
  readonly firstLogin: { readonly name: string; readonly password: string } | null;
  stop(): Promise<void>;
}

/** @throws ServerStartError with one sentence: a port is taken, the data folder cannot be used, the database is newer */
export async function startServer(config: Config, overrides: Overrides = {}): Promise<ServerHandle> {
  await using started = new AsyncDisposableStack();
  const context = started.use(await openContext(config, overrides));
  await prepareFirstStart(context);
  await context.registry.open(registryGuests(context));
  await startLoops(context);
  await context.steering.refresh();
  await context.dns.open();
  const agents = started.use(await listenOn(config.agentListen, createAgentApp(context), 'FIRN_AGENT_LISTEN'));
  const people = started.use(await listenOn(config.listen, createApp(context), 'FIRN_LISTEN'));
  // Last, because the password is told once: a start that fails must not have used it up.
  const firstLogin = await ensureFirstAdmin(context, overrides.adminPassword);
  // Agents that are told come back soon and evenly; those that are cut off have to find out.
  started.defer(() => context.connections.endAll('this server is stopping', 500));
  const resources = started.move();
  const stop = () => resources.disposeAsync();
  return { url: people.url, agentUrl: agents.url, context, firstLogin, stop, [Symbol.asyncDispose]: stop };
}

interface Listener extends AsyncDisposable {
  readonly url: string;
}

async function listenOn({ host, port }: Listen, app: { fetch: (request: Request, env: object) => Response | Promise<Response> }, variable: string): Promise<Listener> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false, websocket: { server: sockets as unknown as WebSocketServerLike } }) as Server;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    throw new ServerStartError(`Cannot listen on ${host}:${port}: ${reasonOf(error)}. Set ${variable} to another address.`, { cause: error });
  }
  const bound = server.address() as AddressInfo;
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return { url: `http://${name}:${bound.port}`, [Symbol.asyncDispose]: () => close(server, sockets) };
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE') return 'the port is taken by another program';
  if (code === 'EACCES') return 'this user may not listen there';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'this machine has no such address';
  return error instanceof Error ? error.message : String(error);
}

async function close(server: Server, sockets: WebSocketServer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const socket of sockets.clients) socket.close(1001);
  server.close(() => resolve());
  server.closeAllConnections();
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  await promise;
}
