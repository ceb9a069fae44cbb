// Which rule keeps each host from taking one more replica: counts over the whole fleet, in a few hundred microseconds.
// Takes the working copy of a decision and what is asked; gives hosts by their first refusing rule (the order is that of feasible.ts), the
// same gathered for people, and what the closest host lacks. What does not depend on room is remembered with the eligibility.

import { type DemandView, eligibility, type HostView, hostView, rules } from '../feasible.ts';
import type { Elimination, Reason, RuleName } from '../model.ts';
import { countsOf, type Overlay } from '../overlay.ts';
import type { Base, Eligibility } from '../prepare.ts';
import { byText } from '../resources.ts';
import type { WhyNot } from './model.ts';

export interface Refusals {
  /** Most hosts first. The sum over all entries is the number of hosts; hosts that would take the replica are under `none`. */
  readonly rules: WhyNot['rules'];
  /** As eliminate() gives them. */
  readonly eliminations: readonly Elimination[];
  readonly shortfall: WhyNot['shortfall'];
}

/** Stands for hosts that refuse nothing. */
export const NO_RULE = 'none';

/** O(hosts), without an allocation for each of them. */
export function countRefusals(state: Overlay, demand: DemandView): Refusals {
  const { base } = state;
  const { hosts } = base;
  if (hosts.length === 0) return { rules: [], eliminations: [EMPTY_FLEET], shortfall: null };
  const groups = groupsOf(base);
  const lasting = lastingOf(base, demand);
  const lack = lackOf(state, demand);
  const tally = tallyOf(groups.names.length);
  let nearest = -1;
  let nearestLack = Number.POSITIVE_INFINITY;
  for (let host = 0; host < hosts.length; host += 1) {
    let first = lasting.first[host]!;
    let gap = lasting.gap[host]!;
    // Rules of room stand behind the lasting ones, so a host that fails one of those is not asked further.
    if (first === NONE) {
      for (const [rule, missing] of lack) {
        gap = missing(host);
        if (gap <= 0) continue;
        first = rule;
        break;
      }
      const far = isResource[first] === true ? distance(state, demand, lack, host) : NOT_RESOURCE;
      if (far < nearestLack) {
        nearestLack = far;
        nearest = host;
      }
    }
    tally.add(first, groups.of[host]!, gap, host);
  }
  return { rules: tally.rules(), eliminations: tally.eliminations(state, demand, groups.names), shortfall: nearest < 0 ? null : shortfallOf(state, demand, nearest) };
}

const NONE = rules.length;
const NOT_RESOURCE = Number.POSITIVE_INFINITY;
const EMPTY_FLEET: Elimination = { group: 'the fleet', hosts: 0, closest: { rule: 'host-state', resource: 'hosts', wanted: 1, available: 0 }, closestHost: '' };

/** How much a host lacks by one rule: above 0 where the rule refuses. */
type Lack = (host: number) => number;

const RESOURCES: ReadonlySet<RuleName> = new Set(['cpu', 'memory', 'addresses']);
const OF_ROOM: ReadonlySet<RuleName> = new Set<RuleName>([...RESOURCES, 'cap-host', 'cap-rack', 'cap-site', 'cloud-spend']);
const isResource = rules.map(({ rule }) => RESOURCES.has(rule));

/** The rules of room in their order, each as arithmetic on the working copy. */
function lackOf(state: Overlay, demand: DemandView): readonly (readonly [rule: number, lack: Lack])[] {
  const { base } = state;
  const { leaving, caps, charge } = demand;
  const counts = countsOf(state, demand.workload.id);
  const cap = (known: ReadonlyMap<number, number>, domainOf: ArrayLike<number> | undefined, most: number | undefined): Lack | undefined => {
    if (most === undefined) return undefined;
    const domain = (host: number) => (domainOf === undefined ? host : domainOf[host]!);
    return (host) => {
      const here = known.get(domain(host)) ?? 0;
      // What leaves for this replica counts for no cap.
      return here - (leaving !== undefined && here > 0 && domain(leaving) === domain(host) ? 1 : 0) + 1 - most;
    };
  };
  const spend = demand.cloud.mostCentsPerHour;
  const lacks: Partial<Record<RuleName, Lack | undefined>> = {
    'cap-site': cap(counts.site, base.siteOf, caps.perSite),
    'cap-rack': cap(counts.rack, base.rackOf, caps.perRack),
    'cap-host': cap(counts.host, undefined, caps.perHost),
    cpu: (host) => charge.cpuMilli - Math.max(0, state.freeCpu[host]!),
    memory: (host) => charge.memoryMib - Math.max(0, state.freeMemory[host]!),
    addresses: (host) => {
      const network = base.networkOf[host]!;
      return (network >= 0 && state.addressesFree[network]! > 0) || demand.keepsAddressOn === base.hosts[host]!.networkId ? 0 : 1;
    },
    'cloud-spend': spend === null ? undefined : (host) => (state.replicaCount[host]! > 0 || base.hosts[host]!.kind !== 'cloud-vm' ? 0 : state.cloudCentsPerHour + base.hosts[host]!.costCentsPerHour - spend),
  };
  return rules.flatMap(({ rule }, index) => {
    const lack = lacks[rule];
    return lack === undefined ? [] : [[index, lack] as const];
  });
}

/** How far a host is from taking the replica, in shares of what it needs; infinite where anything but a resource is in the way. */
function distance(state: Overlay, demand: DemandView, lack: readonly (readonly [number, Lack])[], host: number): number {
  let sum = 0;
  for (const [rule, missing] of lack) {
    const gap = missing(host);
    if (gap <= 0) continue;
    const { rule: name } = rules[rule]!;
    if (!RESOURCES.has(name)) return NOT_RESOURCE;
    sum += name === 'cpu' ? gap / demand.charge.cpuMilli : name === 'memory' ? gap / demand.charge.memoryMib : 1;
  }
  return sum;
}

function shortfallOf(state: Overlay, { charge, keepsAddressOn }: DemandView, host: number): NonNullable<WhyNot['shortfall']> {
  const { base } = state;
  const { id, name, networkId } = base.hosts[host]!;
  const network = base.networkOf[host]!;
  const hasAddress = keepsAddressOn === networkId || (network >= 0 && state.addressesFree[network]! > 0);
  return {
    hostId: id,
    host: name,
    cpuMilli: Math.max(0, charge.cpuMilli - Math.max(0, state.freeCpu[host]!)),
    memoryMib: Math.max(0, charge.memoryMib - Math.max(0, state.freeMemory[host]!)),
    addresses: hasAddress ? 0 : 1,
  };
}

interface Lasting {
  /** Per host: index of the first lasting rule that refuses, or NONE. */
  readonly first: Uint8Array;
  readonly gap: Float64Array;
}

const lastingAnswers = new WeakMap<Eligibility, Lasting>();

function lastingOf(base: Base, demand: DemandView): Lasting {
  const key = eligibility(base, demand.workload);
  const known = lastingAnswers.get(key);
  if (known !== undefined) return known;
  const found: Lasting = { first: new Uint8Array(base.hosts.length).fill(NONE), gap: new Float64Array(base.hosts.length) };
  const nothing: Omit<HostView, 'host'> = { free: { cpuMilli: 0, memoryMib: 0 }, addressesFree: 0, isUsed: false, cloudCentsPerHour: 0, here: { host: 0, rack: 0, site: 0 } };
  for (const [index, host] of base.hosts.entries()) {
    const view = { host, ...nothing };
    for (const [rule, { rule: name, check }] of rules.entries()) {
      const reason = OF_ROOM.has(name) ? undefined : check(view, demand);
      if (reason === undefined) continue;
      found.first[index] = rule;
      found.gap[index] = gapOf(reason);
      break;
    }
  }
  lastingAnswers.set(key, found);
  return found;
}

/** How much is missing, for amounts; names are all equally far. */
function gapOf({ wanted, available }: Reason): number {
  return typeof wanted === 'number' && typeof available === 'number' ? Math.abs(wanted - available) : 0;
}

interface Groups {
  readonly of: Uint16Array;
  readonly names: readonly string[];
}

const groupsByHosts = new WeakMap<Base['hosts'], Groups>();

/** Hosts by kind and site, as people think of them. */
function groupsOf({ hosts }: Base): Groups {
  const known = groupsByHosts.get(hosts);
  if (known !== undefined) return known;
  const names = new Map<string, number>();
  const of = Uint16Array.from(hosts, ({ kind, site }) => {
    const name = `${kind} in ${site}`;
    const group = names.get(name) ?? names.size;
    names.set(name, group);
    return group;
  });
  const groups = { of, names: [...names.keys()] };
  groupsByHosts.set(hosts, groups);
  return groups;
}

/** Counts by rule and group, with the closest host of each. */
function tallyOf(groups: number) {
  const hosts = new Int32Array((NONE + 1) * groups);
  const gaps = new Float64Array((NONE + 1) * groups).fill(Number.POSITIVE_INFINITY);
  const closest = new Int32Array((NONE + 1) * groups);
  return {
    add: (rule: number, group: number, gap: number, host: number) => {
      const cell = rule * groups + group;
      hosts[cell]! += 1;
      if (gap >= gaps[cell]!) return;
      gaps[cell] = gap;
      closest[cell] = host;
    },
    rules: (): Refusals['rules'] =>
      [...rules.map(({ rule }) => rule), NO_RULE]
        .map((rule, index) => ({ rule, hosts: hosts.subarray(index * groups, (index + 1) * groups).reduce((sum, count) => sum + count, 0), index }))
        .filter((each) => each.hosts > 0)
        .sort((one, other) => other.hosts - one.hosts || one.index - other.index)
        .map((each) => ({ rule: each.rule, hosts: each.hosts })),
    eliminations: (state: Overlay, demand: DemandView, names: readonly string[]): Elimination[] =>
      rules
        .flatMap(({ rule, check }, index) =>
          names.flatMap((group, at) => {
            const cell = index * groups + at;
            const count = hosts[cell]!;
            if (count === 0) return [];
            const host = closest[cell]!;
            const reason = check(hostView(state, host, demand.workload.id, demand.leaving), demand)!;
            return [{ key: `${rule} ${group}`, group, hosts: count, closest: reason, closestHost: state.base.hosts[host]!.name }];
          }),
        )
        .sort((one, other) => other.hosts - one.hosts || byText(one.key, other.key))
        .map(({ key: _, ...elimination }) => elimination),
  };
}
