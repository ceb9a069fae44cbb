/**
 * The product with a simulated fleet, for machines that cannot have real hosts, for the console's tests and for benchmarks of the server:
 * the real server and the real agents' loops in one process, over real sockets, with engines that only pretend.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FakeBehaviour } from '#agents/docker/fake-behaviour.ts';
import { startSimulatedHost } from '#agents/simulated.ts';
import { type Config, DEFAULTS } from '#server/config.ts';
import { type ServerHandle, startServer } from '#server/start.ts';
import type { HostView, JoinTokenCreated, NetworkView } from '#server/http/contract/index.ts';
import { Api } from './api.ts';
import { ensureLogins, type Logins } from './site.ts';

export interface SimulatedSite {
  readonly server: ServerHandle;
  readonly api: Api;
  readonly logins: Logins;
  readonly hosts: number;
  stop(): Promise<void>;
}

export interface SimulatedOptions {
  readonly dataDirectory: string;
  /** Why the fleet is simulated, shown on every page. */
  readonly note: string;
  readonly server?: Partial<Config>;
  /** Of each kind; a rack holds eight. */
  readonly fleet?: Readonly<{ physical: number; 'private-vm': number; 'cloud-vm': number }>;
  /** What services do that run there, by image; may change at any time. */
  readonly behaviours?: ReadonlyMap<string, FakeBehaviour>;
}

const KINDS = {
  physical: { site: 'dc1', costCentsPerHour: 320, performance: 80, stability: 90, cpuMilli: 32_000, memoryMib: 131_072, prefix: 'phy' },
  'private-vm': { site: 'dc1', costCentsPerHour: 150, performance: 60, stability: 80, cpuMilli: 16_000, memoryMib: 32_768, prefix: 'vm' },
  'cloud-vm': { site: 'vpc1', costCentsPerHour: 260, performance: 60, stability: 70, cpuMilli: 16_000, memoryMib: 32_768, prefix: 'cloud' },
} as const;
type Kind = keyof typeof KINDS;
const RACK_SIZE = 8;
const DEFAULT_FLEET = { physical: 12, 'private-vm': 8, 'cloud-vm': 6 };

export async function startSimulatedSite(options: SimulatedOptions): Promise<SimulatedSite> {
  await mkdir(options.dataDirectory, { recursive: true });
  const config: Config = { ...DEFAULTS, fleet: 'simulated', fleetNote: options.note, logLevel: 'warn', ...options.server, dataDir: join(options.dataDirectory, 'server') };
  await using started = new AsyncDisposableStack();
  const server = started.use(await startServer(config));
  const logins = await ensureLogins(server, options.dataDirectory);
  const api = await Api.login(server.url, 'admin', logins.admin);
  await ensureNetwork(api);
  const known = new Set((await api.get<{ items: HostView[] }>('/hosts')).items.map((host) => host.name));
  const tokenOf = async (kind: Kind, name: string, rack: string): Promise<string> => {
    if (known.has(name)) return '';
    const { site, costCentsPerHour, performance, stability } = KINDS[kind];
    const where = kind === 'cloud-vm' ? { mode: 'routed' } : { mode: 'flat', network: 'dc1' };
    return (await api.post<JoinTokenCreated>('/join-tokens', { kind, rack, site, costCentsPerHour, performance, stability, ...where })).token;
  };
  const hosts = await startSimulatedFleet(server.agentUrl, options, tokenOf);
  for (const host of hosts) started.use(host);
  const resources = started.move();
  return { server, api, logins, hosts: hosts.length, stop: () => resources.disposeAsync() };
}

async function ensureNetwork(api: Api): Promise<void> {
  const { items } = await api.get<{ items: NetworkView[] }>('/networks');
  if (items.some((network) => network.name === 'dc1')) return;
  await api.post('/networks', { name: 'dc1', site: 'dc1', cidr: '10.1.0.0/16', gateway: '10.1.0.1', first: '10.1.64.0', last: '10.1.127.255' });
}

/**
 * Starts the agents of a simulated fleet. Those that joined before know their credential from the data folder.
 * @param tokenOf a one-time token for a host that has not joined yet; anything for one that has
 */
export async function startSimulatedFleet(agentUrl: string, options: Pick<SimulatedOptions, 'dataDirectory' | 'fleet' | 'behaviours'>, tokenOf: (kind: Kind, name: string, rack: string) => Promise<string>) {
  const fleet = options.fleet ?? DEFAULT_FLEET;
  const hosts = [];
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const { prefix, cpuMilli, memoryMib } = KINDS[kind];
    for (let number = 1; number <= fleet[kind]; number += 1) {
      const name = `${prefix}${number}`;
      const cloud = kind === 'cloud-vm';
      const rack = `r${String(Math.ceil(number / RACK_SIZE)).padStart(2, '0')}${kind === 'private-vm' ? 'v' : ''}`;
      const host = await startSimulatedHost({
        serverUrl: agentUrl,
        token: await tokenOf(kind, name, rack),
        name,
        address: cloud ? `10.2.${Math.floor(number / 250)}.${10 + (number % 240)}` : `10.1.${kind === 'physical' ? 1 : 2}.${number}`,
        declared: { cpuMilli, memoryMib },
        ...(cloud ? { containerCidr: `10.3.${number}.0/24` } : {}),
        stateDir: join(options.dataDirectory, 'agents', name),
        ...(options.behaviours === undefined ? {} : { engine: { behaviours: options.behaviours } }),
      });
      hosts.push(host);
    }
  }
  return hosts;
}
