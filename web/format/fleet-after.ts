// The fleet as it would be after a what-if, for a picture. Takes the hosts of now and a simulation; gives hosts with what their replicas
// would take then. Pure. A step names the size of a replica, not what it is charged under overcommit: that is taken from the policy's
// factor of its environment.
import type { HostView, PolicyRecord, Simulation } from '#server/http/contract/index.ts';

type Environments = PolicyRecord['environments'];
type Amount = { cpuMilli: number; memoryMib: number };

/** @returns null where the steps are not all here, so that a picture would be wrong */
export function fleetAfter(hosts: readonly HostView[], simulation: Simulation, environments: Environments): HostView[] | null {
  const isWhole = simulation.stages.every(({ steps, counts }) => steps.length >= counts.starts + counts.moves + counts.resizes + counts.renews + counts.stops);
  // Resizes say what a replica becomes, not what it was.
  if (!isWhole || simulation.stages.some(({ counts }) => counts.resizes > 0)) return null;
  const changed = new Map<string, Amount & { replicas: number }>();
  const charge = (host: string | null, { workload, shape }: { workload: string; shape: Amount }, sign: 1 | -1): void => {
    if (host === null) return;
    const factor = environments[workload.slice(workload.lastIndexOf('.') + 1)]?.cpuOvercommitPermille ?? 1000;
    const sum = changed.get(host) ?? { cpuMilli: 0, memoryMib: 0, replicas: 0 };
    sum.cpuMilli += sign * Math.ceil((shape.cpuMilli * 1000) / factor);
    sum.memoryMib += sign * shape.memoryMib;
    sum.replicas += sign;
    changed.set(host, sum);
  };
  const all = new Map(hosts.map((host) => [host.name, host]));
  for (const { change, steps, bought } of simulation.stages) {
    for (const step of steps) {
      if (step.kind === 'start' || step.kind === 'move') charge(step.toHost, step, 1);
      if (step.kind === 'stop' || step.kind === 'move') charge(step.fromHost, step, -1);
    }
    if (change.kind === 'lose') for (const [name, host] of all) if (isLost(host, change)) all.set(name, { ...host, state: 'lost' });
    if (change.kind === 'drain') for (const name of change.hosts) if (all.has(name)) all.set(name, { ...all.get(name)!, drain: { reason: '', left: 0, underWay: 0, blockers: [] } });
    // Machines that would join are drawn only where something would run on them: their capacity is known, their names are the server's.
    const capacity = change.kind === 'add' ? change.host : null;
    if (capacity !== null) for (const step of steps) if (step.toHost !== null && !all.has(step.toHost)) all.set(step.toHost, newHost(step.toHost, capacity));
    if (bought.length > 0 && steps.some(({ toHost }) => toHost !== null && !all.has(toHost))) return null;
  }
  return [...all.values()].map((host) => {
    const sum = changed.get(host.name);
    if (sum === undefined) return host;
    const allocated = { cpuMilli: Math.max(0, host.allocated.cpuMilli + sum.cpuMilli), memoryMib: Math.max(0, host.allocated.memoryMib + sum.memoryMib) };
    return { ...host, allocated, replicas: Math.max(0, host.replicas + sum.replicas) };
  });
}

function isLost(host: HostView, { domain, name }: { readonly domain: 'host' | 'rack' | 'site'; readonly name: string }): boolean {
  return domain === 'host' ? host.name === name : domain === 'rack' ? `${host.site}/${host.rack}` === name : host.site === name;
}

function newHost(name: string, { kind, site, rack, capacity, costCentsPerHour }: Extract<Simulation['stages'][number]['change'], { kind: 'add' }>['host']): HostView {
  const nothing = { cpuMilli: 0, memoryMib: 0 };
  return { name, kind, site, rack, capacity, costCentsPerHour, reserved: nothing, allocated: nothing, free: capacity, usedNow: null, replicas: 0, state: 'ready', cordoned: false, drain: null } as unknown as HostView;
}
