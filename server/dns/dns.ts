// Names as clients ask for them: the responders of this server, opened and closed together, and what they count.
import type { Context } from '../context.ts';
import { ServerStartError } from '../start-error.ts';
import { type Directory } from '../sites/steering.ts';
import { openCounters, type Counters } from './counters.ts';
import { type HttpDns, listenHttpDns, openHttpDns } from './http.ts';
import type { Zone } from './message.ts';
import { openResponder } from './responder.ts';
import { tell } from './tell.ts';

export interface Dns extends AsyncDisposable {
  readonly http: HttpDns;
  readonly counters: Counters;
  /** `host:port` of each listener, null while it is not open. */
  readonly listening: { readonly http: string | null; readonly dns: string | null };
  /** Opens the listeners that are set. @throws ServerStartError naming the setting */
  open(): Promise<void>;
}

export function openDns(context: Pick<Context, 'config' | 'steering' | 'observations' | 'clock'>): Dns {
  const { config, clock } = context;
  const counters = openCounters();
  const http = openHttpDns(context, counters.http);
  const opened = new AsyncDisposableStack();
  const listening: { http: string | null; dns: string | null } = { http: null, dns: null };
  return {
    http,
    counters,
    listening,
    async open() {
      if (config.dnsHttpListen !== null) listening.http = opened.use(await told(listenHttpDns(config.dnsHttpListen, http), 'FIRN_DNS_HTTP_LISTEN')).address;
      if (config.dnsListen !== null && config.dnsZone !== null) {
        const zone = zoneOf(context, config.dnsZone, config.dnsListen.host);
        listening.dns = opened.use(await told(openResponder(config.dnsListen, { zone, counters: counters.dns, perSecond: config.dnsLimit, now: clock.now }), 'FIRN_DNS_LISTEN')).address;
      }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function told<T>(opening: Promise<T>, variable: string): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why = code === 'EADDRINUSE' ? 'the port is taken by another program' : code === 'EACCES' ? 'this user may not listen there' : error instanceof Error ? error.message : String(error);
    throw new ServerStartError(`Cannot listen for names: ${why}. Set ${variable} to another address.`, { cause: error });
  }
}

function zoneOf(context: Pick<Context, 'steering' | 'observations'>, name: string, host: string): Zone {
  const { steering } = context;
  let between: { readonly of: Directory; readonly names: ReadonlySet<string> } | undefined;
  return {
    name,
    address: /^\d+(\.\d+){3}$/.test(host) && host !== '0.0.0.0' ? host : null,
    serial: () => Math.floor((steering.refreshedAt ?? 0) / 1000),
    tell: (asked, client) => tell(context, asked, client, 'dns'),
    isBetween(asked) {
      if (between?.of !== steering.directory) between = { of: steering.directory, names: parentsOf(steering.directory.names.keys()) };
      return between.names.has(asked);
    },
  };
}

function parentsOf(names: Iterable<string>): Set<string> {
  const parents = new Set<string>();
  for (const name of names) for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) parents.add(name.slice(dot + 1));
  return parents;
}
