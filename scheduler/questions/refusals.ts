// Which rule keeps each host from taking one more replica: counts over the whole fleet, in a few hundred microseconds.
// Takes the working copy of a decision and what is asked; gives hosts by their first refusing rule (the order is that of feasible.ts), the
// same gathered for people, and what the closest host lacks. What does not depend on room is remembered beside the base.

import { type DemandView, type HostView, hostView, rules } from '../feasible.ts';
import type { Elimination, Reason, RuleName } from '../model.ts';
import { countsOf, type Overlay } from '../overlay.ts';
import type { Base } from '../prepare.ts';
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
  const lacks = lacksOf(state, demand);
  const tally = tallyOf(groups.names.length);
  let nearest = -1;
  let nearestLack = Number.POSITIVE_INFINITY;
  for (let host = 0; host < hosts.length; host += 1) {
    let first = lasting.first[host]!;
    let gap = lasting.gap[host]!;
    // Rules of room stand behind the lasting ones, so a host that fails one of those is not asked further.
    if (first === NONE) {
      let lack = 0;
      for (const { rule, missing, share } of lacks) {
        const more = missing(host);
        if (more <= 0) continue;
        if (first === NONE) {
          first = rule;
          gap = more;
        }
        lack += more * share;
        if (lack >= nearestLack) break;
      }
      if (first !== NONE && lack < nearestLack) {
        nearestLack = lack;
        nearest = host;
      }
    }
    tally.add(first, groups.of[host]!, gap, host);
  }
  return { rules: tally.rules(), eliminations: tally.eliminations(state, demand, groups.names), shortfall: nearest < 0 ? null : shortfallOf(state, demand, nearest) };
}

const NONE = rules.length;
const EMPTY_FLEET: Elimination = { group: 'the fleet', hosts: 0, closest: { rule: 'host-state', resource: 'hosts', wanted: 1, available: 0 }, closestHost: '' };

/** One rule of room as arithmetic on the working copy. */
interface Lack {
  /** Index in `rules`. */
  readonly rule: number;
  /** Above 0 where the rule refuses. */
  readonly missing: (host: number) => number;
  /** Of one missing piece in what the replica needs, so that resources can be added up; infinite for what no room would mend. */
  readonly share: number;
}

const OF_ROOM: ReadonlySet<RuleName> = new Set<RuleName>(['cpu', 'memory', 'addresses', 'cap-host', 'cap-rack', 'cap-site', 'cloud-spend']);

/** The rules of room in their order. */
function lacksOf(state: Overlay, demand: DemandView): readonly Lack[] {
  const { base, freeCpu, freeMemory, addressesFree, replicaCount } = state;
  const { leaving, caps, charge, keepsAddressOn } = demand;
  const { networkOf, hosts } = base;
  const counts = countsOf(state, demand.workload.id);
  const cap = (known: ReadonlyMap<number, number>, domainOf: ArrayLike<number>, most: number | undefined): Lack['missing'] | undefined => {
    if (most === undefined) return undefined;
    const left = leaving === undefined ? undefined : domainOf[leaving];
    // What leaves for this replica counts for no cap.
    return (host) => {
      const here = known.get(domainOf[host]!) ?? 0;
      return here - (here > 0 && domainOf[host] === left ? 1 : 0) + 1 - most;
    };
  };
  const spend = demand.cloud.mostCentsPerHour;
  const missing: Partial<Record<RuleName, Lack['missing'] | undefined>> = {
    'cap-site': cap(counts.site, base.siteOf, caps.perSite),
    'cap-rack': cap(counts.rack, base.rackOf, caps.perRack),
    'cap-host': caps.perHost === undefined ? undefined : cap(counts.host, itself(hosts.length), caps.perHost),
    cpu: (host) => charge.cpuMilli - Math.max(0, freeCpu[host]!),
    memory: (host) => charge.memoryMib - Math.max(0, freeMemory[host]!),
    addresses: (host) => (hasAddress(networkOf[host]!, addressesFree) || keepsAddressOn === hosts[host]!.networkId ? 0 : 1),
    'cloud-spend': spend === null ? undefined : (host) => (replicaCount[host]! > 0 || base.cloudCents[host]! < 0 ? 0 : state.cloudCentsPerHour + base.cloudCents[host]! - spend),
  };
  const shares: Partial<Record<RuleName, number>> = { cpu: 1 / charge.cpuMilli, memory: 1 / charge.memoryMib, addresses: 1 };
  return rules.flatMap(({ rule }, index) => {
    const found = missing[rule];
    return found === undefined ? [] : [{ rule: index, missing: found, share: shares[rule] ?? Number.POSITIVE_INFINITY }];
  });
}

function itself(hosts: number): Int32Array {
  return Int32Array.from({ length: hosts }, (_, host) => host);
}

function hasAddress(network: number, addressesFree: Float64Array): boolean {
  return network >= 0 && addressesFree[network]! > 0;
}

function shortfallOf(state: Overlay, { charge, keepsAddressOn }: DemandView, host: number): NonNullable<WhyNot['shortfall']> {
  const { id, name, networkId } = state.base.hosts[host]!;
  return {
    hostId: id,
    host: name,
    cpuMilli: Math.max(0, charge.cpuMilli - Math.max(0, state.freeCpu[host]!)),
    memoryMib: Math.max(0, charge.memoryMib - Math.max(0, state.freeMemory[host]!)),
    addresses: keepsAddressOn === networkId || hasAddress(state.base.networkOf[host]!, state.addressesFree) ? 0 : 1,
  };
}

interface Lasting {
  /** Per host: index of the first lasting rule that refuses, or NONE. */
  readonly first: Uint8Array;
  readonly gap: Float64Array;
}

/** Beside the base's own memory, so that it goes with it. A console that asks all day must not grow it without end. */
const answers = new WeakMap<Base['memory'], Map<string, Lasting>>();
const MOST_ANSWERS = 64;

/** What does not depend on room, by combination of constraints. */
function lastingOf(base: Base, demand: DemandView): Lasting {
  const { labels, tolerations, cloud } = demand.workload.ask;
  const known = answers.get(base.memory) ?? new Map<string, Lasting>();
  answers.set(base.memory, known);
  const wanted = Object.entries(labels).sort(([one], [other]) => byText(one, other));
  const key = JSON.stringify([demand.workload.environment, cloud, wanted, tolerations]);
  const answer = known.get(key) ?? lasting(base, demand, wanted);
  if (known.size >= MOST_ANSWERS) known.clear();
  known.set(key, answer);
  return answer;
}

function lasting(base: Base, demand: DemandView, wanted: readonly (readonly [label: string, value: string])[]): Lasting {
  const found: Lasting = { first: new Uint8Array(base.hosts.length).fill(NONE), gap: new Float64Array(base.hosts.length) };
  const asked = rules.flatMap((each, index) => (OF_ROOM.has(each.rule) ? [] : [{ ...each, index }]));
  // One view for all hosts: ten thousand of them would be most of the work.
  const view: { -readonly [K in keyof HostView]: HostView[K] } = { host: base.hosts[0]!, free: { cpuMilli: 0, memoryMib: 0 }, addressesFree: 0, isUsed: false, cloudCentsPerHour: 0, here: { host: 0, rack: 0, site: 0 } };
  for (const [at, host] of base.hosts.entries()) {
    view.host = host;
    for (const { rule, check, index } of asked) {
      // The rule itself sorts the labels for each host, to name the first; only whether one is wrong matters here.
      if (rule === 'labels' && wanted.every(([label, value]) => host.labels[label] === value && Object.hasOwn(host.labels, label))) continue;
      const reason = rule === 'labels' ? undefined : check(view, demand);
      if (reason === undefined && rule !== 'labels') continue;
      found.first[at] = index;
      found.gap[at] = reason === undefined ? 0 : gapOf(reason);
      break;
    }
  }
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
