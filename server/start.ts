// Starts the server: context, loops, the console's and the agents' listeners; stops them in reverse order.
// Both listeners answer only when everything behind them is ready.
import type { Config } from './config.ts';
import { type Context, openContext, type Overrides } from './context.ts';
import { prepareFirstStart } from './control/first-start.ts';
import { startLoops } from './control/loops.ts';
import { registryGuests } from './registry/guests.ts';
import { ensureFirstAdmin } from './http/accounts.ts';
import { closeForgotten } from './shell/room.ts';
import { createAgentApp, createApp } from './http/app.ts';
import { listenOn } from './listen.ts';

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
  await context.registry.open(registryGuests(context), config.registryTls === 'off' ? undefined : securely(context));
  await startLoops(context);
  await context.steering.refresh();
  await context.dns.open();
  await closeForgotten(context);
  const agents = started.use(await listenOn(config.agentListen, createAgentApp(context), 'FIRN_AGENT_LISTEN', securely(context)));
  const people = started.use(await listenOn(config.listen, createApp(context), 'FIRN_LISTEN'));
  // Last, because the password is told once: a start that fails must not have used it up.
  const firstLogin = await ensureFirstAdmin(context, overrides.adminPassword);
  // Agents that are told come back soon and evenly; those that are cut off have to find out.
  started.defer(() => context.connections.endAll('this server is stopping', 500));
  const resources = started.move();
  const stop = () => resources.disposeAsync();
  return { url: people.url, agentUrl: agents.url, context, firstLogin, stop, [Symbol.asyncDispose]: stop };
}

/** What the agents' listener and the registry's door show. The former also where TLS is off: hosts that have certificates go on with them, and would never take less. */
function securely({ authority, clock, log }: Context): Parameters<typeof listenOn>[3] {
  const secure = async () => {
    const [{ certificate: ca }, { key, certificate: cert, notAfter }] = [await authority.own(), await authority.issueServer()];
    return { ca, key, cert, notAfter };
  };
  return { secure, now: clock.now, onProblem: (error) => log.error({ err: error }, 'fleet.tls-failed') };
}
