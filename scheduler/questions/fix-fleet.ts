// Fixes that those make who run the fleet: a cordon lifted, a label added, a kind of host allowed, VMs bought.
// Takes where a fix is looked for; gives for each kind the first that does, hosts with most room first.

import { eligibility } from '../feasible.ts';
import type { Host, HostKind, Policy } from '../model.ts';
import { type Base, withHosts } from '../prepare.ts';
import { byText } from '../resources.ts';
import { buy } from './buy.ts';
import type { Fixing } from './fix.ts';
import type { Fix } from './model.ts';

/** Hosts that are tried for one kind of fix. */
const MOST_HOSTS = 4;

export function fleetFixes(fixing: Fixing): Fix[] {
  return [...uncordoned(fixing), ...labelled(fixing), ...allowedKind(fixing), ...bought(fixing)];
}

/** The base with one host as it would be. What it holds does not change. */
function withHost(base: Base, index: number, parts: Partial<Host>): Base {
  const hosts = base.hosts.slice();
  hosts[index] = { ...hosts[index]!, ...parts };
  return withHosts(base, hosts);
}

/** Hosts that a change might open, those with most room first: there the chance is best. */
function roomiest(base: Base, suits: (host: Host, index: number) => boolean): number[] {
  const share = (free: Float64Array, usable: Float64Array, host: number) => (usable[host]! > 0 ? Math.max(0, free[host]!) / usable[host]! : 0);
  return base.hosts
    .flatMap((host, index) => (suits(host, index) ? [{ index, room: Math.min(base.freeCpu[index]!, base.freeMemory[index]!), share: share(base.freeCpu, base.usableCpu, index) + share(base.freeMemory, base.usableMemory, index) }] : []))
    .sort((one, other) => other.room - one.room || other.share - one.share || one.index - other.index)
    .slice(0, MOST_HOSTS)
    .map(({ index }) => index);
}

function uncordoned({ base, workload, attempt }: Fixing): Fix[] {
  const { suits } = eligibility(base, workload);
  for (const index of roomiest(base, ({ cordoned, draining }, host) => cordoned && draining !== true && suits[host] === 1)) {
    const tried = attempt(withHost(base, index, { cordoned: false }), workload);
    if (tried?.fits !== true) continue;
    const { id, name } = base.hosts[index]!;
    return [{ what: { kind: 'uncordon', hostId: id, host: name }, moves: tried.moves, addedCentsPerHour: tried.addedCentsPerHour }];
  }
  return [];
}

/** One label on one host: hosts that lack two are further away than anybody wants to go. */
function labelled({ base, workload, attempt }: Fixing): Fix[] {
  const wanted = Object.entries(workload.ask.labels).sort(([one], [other]) => byText(one, other));
  const lacks = ({ labels }: Host) => wanted.filter(([label, value]) => !Object.hasOwn(labels, label) || labels[label] !== value);
  if (wanted.length === 0) return [];
  for (const index of roomiest(base, (host) => !host.cordoned && lacks(host).length === 1)) {
    const host = base.hosts[index]!;
    const [label, value] = lacks(host)[0]!;
    const tried = attempt(withHost(base, index, { labels: { ...host.labels, [label]: value } }), workload);
    if (tried?.fits === true) return [{ what: { kind: 'label', label, value, hostId: host.id, host: host.name }, moves: tried.moves, addedCentsPerHour: tried.addedCentsPerHour }];
  }
  return [];
}

function allowedKind({ base, workload, attempt }: Fixing): Fix[] {
  const { policy } = base.snapshot;
  const { environment } = workload;
  const rule = Object.hasOwn(policy.environments, environment) ? policy.environments[environment] : undefined;
  if (rule === undefined) return [];
  const kinds = [...new Set(base.hosts.map(({ kind }) => kind))].filter((kind) => !rule.kinds.includes(kind)).sort(byText);
  for (const hostKind of kinds) {
    const tried = attempt(withPolicy(base, allowing(policy, environment, hostKind)), workload);
    if (tried?.fits === true) return [{ what: { kind: 'kind', environment, hostKind }, moves: tried.moves, addedCentsPerHour: tried.addedCentsPerHour }];
  }
  return [];
}

function allowing(policy: Policy, environment: string, kind: HostKind): Policy {
  const rule = policy.environments[environment]!;
  return { ...policy, environments: { ...policy.environments, [environment]: { ...rule, kinds: [...rule.kinds, kind] } } };
}

/** Another policy that changes neither weights nor what anything takes from a host. */
function withPolicy(base: Base, policy: Policy): Base {
  return withHosts({ ...base, snapshot: { ...base.snapshot, policy } }, base.hosts);
}

function bought({ base, workload, solve, seed, newId }: Fixing): Fix[] {
  const { snapshot } = base;
  const pools = (snapshot.pools ?? []).filter(({ limit }) => limit > 0);
  if (pools.length === 0) return [];
  const workloads = [...snapshot.workloads.filter(({ id }) => id !== workload.id), workload];
  const { bought: mix, missing, costCentsPerHour } = buy({ ...snapshot, workloads }, { seed, newId, solve, workloadId: workload.id });
  if (missing > 0 || mix.length === 0) return [];
  return [{ what: { kind: 'buy', pools: mix.map(({ pool, count }) => ({ pool: pool.name, count })) }, moves: 0, addedCentsPerHour: costCentsPerHour }];
}
