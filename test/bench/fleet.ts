// The fleet that benchmarks decide on: hosts of four sizes and three kinds, in racks and sites, with replicas round robin.
// Gives plain snapshots; the same arguments give the same fleet.

import type { Host, Network, Policy, Replica, Snapshot, Workload } from '#scheduler/model.ts';

const policy: Policy = {
  version: 1,
  weights: { pack: 20, spread: 60, cost: 10, performance: 3, stability: 4, keep: 3 },
  utilisation: { rule: 'staffing' },
  reservePermille: { cpu: 100, memory: 100 },
  environments: { production: { kinds: ['physical', 'private-vm', 'cloud-vm'], cpuOvercommitPermille: 1000 } },
  shapes: { standard: { cpuMilli: 4000, memoryMib: 8192 }, small: { cpuMilli: 1000, memoryMib: 2048 } },
  defaultShape: 'standard',
  privateFirst: true,
  cloud: { mostCentsPerCoreHour: null, mostCentsPerHour: null },
  classes: {},
  movesPerHour: 60,
};

/** Replicas of one workload in the fleet: with 20, the large fleet has 5,000 workloads. */
const REPLICAS_EACH = 20;
const HOSTS_PER_RACK = 40;
const RACKS_PER_SITE = 25;

/** Replicas lie round robin, so about 10 a host at the large size, small ones and standard ones mixed. */
export function benchFleet(hostCount: number, replicaCount: number): Snapshot {
  const hosts = Array.from({ length: hostCount }, (_, index): Host => {
    const rack = Math.floor(index / HOSTS_PER_RACK);
    const site = `site${Math.floor(rack / RACKS_PER_SITE)}`;
    const kind = index % 10 === 9 ? 'cloud-vm' : index % 10 > 6 ? 'private-vm' : 'physical';
    const cores = [24, 32, 48, 64][index % 4]!;
    return {
      id: `host${String(index).padStart(5, '0')}`,
      name: `host${index}`,
      kind,
      site,
      rack: `rack${rack}`,
      capacity: { cpuMilli: cores * 1000, memoryMib: cores * 4096 },
      reserved: { cpuMilli: 500, memoryMib: 1024 },
      costCentsPerHour: cores * (kind === 'cloud-vm' ? 6 : 3),
      performance: 40 + (index % 50),
      stability: 60 + (index % 40),
      labels: index % 3 === 0 ? { disk: 'ssd' } : {},
      taints: index % 50 === 0 ? ['for=batch'] : [],
      environments: [],
      cordoned: index % 97 === 0,
      state: 'ready',
      networkId: site,
    };
  });
  const networks = [...new Set(hosts.map(({ site }) => site))].map(
    (site, index): Network => ({ id: site, name: site, mode: 'flat', first: `10.${index * 4}.0.10`, last: `10.${index * 4 + 3}.255.240`, taken: [] }),
  );
  const workloads = Array.from({ length: Math.ceil(replicaCount / REPLICAS_EACH) }, (_, index) => benchWorkload(`w${index}`, 300, index % 3 === 0 ? 'standard' : 'small'));
  const given = new Map<string, number>();
  const replicas = Array.from({ length: replicaCount }, (_, index): Replica => {
    const host = hosts[index % hostCount]!;
    const offset = (given.get(host.site) ?? 0) + 10;
    given.set(host.site, offset - 9);
    const block = Number(host.site.slice(4)) * 4;
    const address = `10.${block + Math.floor(offset / 65_536)}.${Math.floor(offset / 256) % 256}.${offset % 256}`;
    const workload = workloads[Math.floor(index / REPLICAS_EACH)]!;
    const shape = policy.shapes[workload.ask.shape]!;
    return { id: `r${index}`, workloadId: workload.id, ordinal: (index % REPLICAS_EACH) + 1, shape, releaseId: 'r1', hostId: host.id, address };
  });
  return { revision: 1, policy, hosts, networks, workloads, replicas };
}

/** A workload of production that must survive a rack. */
export function benchWorkload(id: string, peakQps: number, shape: string): Workload {
  return {
    id,
    name: `${id}.production`,
    service: id,
    environment: 'production',
    team: 'team',
    releaseId: 'r1',
    ask: {
      peakQps,
      profile: { cpuMsPerRequest: 20, memoryBaseMib: 512, memoryKibPerQps: 100 },
      headroomPermille: 250,
      minReplicas: 2,
      survive: 'rack',
      shape,
      cloud: 'allowed',
      caps: { perHost: 3 },
      labels: {},
      tolerations: [],
    },
  };
}
