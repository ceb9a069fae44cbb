/**
 * The server of the benchmark `placements`, as a process of its own: the real server on a real data folder, with hosts that are declared
 * ready and have no agent. Tells its parent where it answers, and when asked how long its event loop stood still at worst.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DEFAULTS } from '#server/config.ts';
import { insertHost } from '#server/db/hosts.ts';
import { insertNetwork } from '#server/db/networks.ts';
import { type ServerHandle, startServer } from '#server/start.ts';

const HOSTS_PER_RACK = 40;
const HOSTS_PER_SITE = 1000;
const ANY_PORT = { host: '127.0.0.1', port: 0 };
/** Longer than the benchmark: nobody speaks for these hosts. */
const LEASE_MS = 600_000;

export interface Started {
  readonly kind: 'started';
  readonly url: string;
  readonly password: string;
}

export interface Stood {
  readonly kind: 'stood';
  /** Longest time that the event loop took for one turn since it was asked last, and the time of one turn in a hundred. */
  readonly worstMs: number;
  readonly p99Ms: number;
  /** Processor time of the server's main thread so far. */
  readonly cpuMs: number;
}

const PASSWORD = 'only-for-this-benchmark';
const [dataDir = '', hosts = '0'] = process.argv.slice(2);
const server = await startServer({ ...DEFAULTS, dataDir, listen: ANY_PORT, agentListen: ANY_PORT, logLevel: 'error', consoleDir: null, fleet: 'simulated', leaseMs: LEASE_MS }, { adminPassword: PASSWORD });
await declare(server, Number(hosts));
const delay = monitorEventLoopDelay({ resolution: 2 });
delay.enable();
process.on('message', () => {
  tell({ kind: 'stood', worstMs: delay.max / 1e6, p99Ms: delay.percentile(99) / 1e6, cpuMs: cpuMs() });
  delay.reset();
});
process.once('disconnect', () => void server.stop().then(() => process.exit()));
tell({ kind: 'started', url: server.url, password: PASSWORD });

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function tell(message: Started | Stood): void {
  process.send!(message);
}

/** Machines of three sizes in racks of 40 and sites of 1,000, each site with one flat network. */
async function declare({ context }: ServerHandle, count: number): Promise<void> {
  const now = context.clock.now();
  await context.store.tx(async (tx) => {
    for (let index = 0; index < count; index += 1) {
      const site = Math.floor(index / HOSTS_PER_SITE);
      const within = index % HOSTS_PER_SITE;
      const second = site * 4;
      if (within === 0) {
        await insertNetwork(tx, { id: `net${site}`, name: `net${site}`, mode: 'flat', site: `site${site}`, cidr: `10.${second}.0.0/14`, gateway: `10.${second}.0.1`, first: `10.${second + 1}.0.0`, last: `10.${second + 3}.255.0`, excluded: [], dns: [], hostId: null, createdAt: now, vlan: null, tunnelVni: null });
      }
      const cores = [48, 64, 96][index % 3]!;
      const id = `host${String(index).padStart(5, '0')}`;
      await insertHost(tx, {
        id, name: id, kind: 'physical', site: `site${site}`, rack: `rack${Math.floor(within / HOSTS_PER_RACK)}`, address: `10.${second}.${1 + Math.floor(within / 200)}.${10 + (within % 200)}`, uplink: 'eth0', networkId: `net${site}`,
        cpuMilli: cores * 1000, memoryMib: cores * 4096, reservedCpuMilli: 0, reservedMemoryMib: 0, costCentsPerHour: cores * 3, performance: 40 + (index % 50), stability: 60 + (index % 40), labels: index % 2 === 0 ? { disk: 'ssd' } : {}, taints: [],
        environments: [], cordonReason: null, drainReason: null, credentialHash: '', joinedAt: now,
      });
      context.fleet.watch({ hostId: id, state: 'ready', reason: 'declared ready', since: now, lastSeenAt: now, facts: null, reportedGeneration: 0 });
    }
  });
}
