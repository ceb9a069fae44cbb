// The whole fleet as batch packing sees it: which replicas are alike, which hosts are alike, and who may run where.
// Takes a base; gives parts (what one workload holds in one shape) and host classes, and turns them into a problem of plain numbers.
// Rules that bind several hosts at once (racks, sites, addresses, spend) are left out: what is cheapest without them is never dearer.

import { capsOf } from '../classes.ts';
import { eligibility } from '../feasible.ts';
import { isClosed } from '../open.ts';
import type { Policy, Shape, Workload } from '../model.ts';
import type { PackProblem } from '../pack/problem.ts';
import { type Base, type Eligibility, indexOfHost } from '../prepare.ts';
import { byText, charge } from '../resources.ts';
import { isRefusal, size } from '../size.ts';

/** The replicas of one workload in one shape. */
export interface Part {
  readonly workloadId: string;
  readonly shape: Shape;
  /** What one of them takes from a host, after overcommit. */
  readonly charge: Shape;
  /** Index of who may run where, see `FleetClass.accepts`. */
  readonly suit: number;
  readonly count: number;
  /** Most of them on one host; `count` where nothing but room limits them. */
  readonly most: number;
}

export interface FleetClass {
  readonly capacity: Shape;
  readonly costCentsPerHour: number;
  /** Indices in the base, ascending. */
  readonly hosts: readonly number[];
  /** By suit: may its parts run here? */
  readonly accepts: readonly boolean[];
}

export interface Fleet {
  /** By workload id, then shape. */
  readonly parts: readonly Part[];
  readonly classes: readonly FleetClass[];
  readonly costCentsPerHour: number;
  /** Every arrangement costs a multiple of this: the greatest common divisor of the hosts' costs; 0 where all are free. */
  readonly costStepCents: number;
}

/**
 * Everything that is placed where the rules allow it, and every host that may hold some of it, as if all were empty. What rules no longer
 * allow where it runs is left out, and a host that gives too much counts as that large: so the present state is one of the arrangements.
 */
export function fleetOf(base: Base): Fleet {
  const suits = new Suits(base);
  const parts = partsOf(base, suits);
  const classes = classesOf(base, suits.known);
  return { parts, classes, costCentsPerHour: base.totals.costCentsPerHour, costStepCents: classes.reduce((step, { costCentsPerHour }) => divisor(costCentsPerHour, step), 0) };
}

function divisor(one: number, other: number): number {
  return other === 0 ? one : divisor(other, one % other);
}

/** Numbers the sets of hosts that workloads may use, in the order in which they are asked for. */
class Suits {
  readonly known: Eligibility[] = [];
  readonly #base: Base;
  readonly #numbers = new Map<Eligibility, number>();

  constructor(base: Base) {
    this.#base = base;
  }

  of(workload: Workload): number {
    const found = eligibility(this.#base, workload);
    const number = this.#numbers.get(found) ?? this.known.push(found) - 1;
    this.#numbers.set(found, number);
    return number;
  }
}

function partsOf(base: Base, suits: Suits): Part[] {
  const parts: Part[] = [];
  const { policy } = base.snapshot;
  for (const [workloadId, workload] of base.workloads) {
    const replicas = base.replicasOf.get(workloadId) ?? [];
    if (replicas.length === 0) continue;
    const replaced = new Set(replicas.flatMap(({ successor }) => successor?.replaces ?? []));
    const alone = replaced.size === 0 ? replicas : replicas.filter(({ id }) => !replaced.has(id));
    const suit = suits.of(workload);
    const onHost = new Map<number, number>();
    const tally = new Map<string, { shape: Shape; count: number }>();
    for (const { hostId, shape } of alone) {
      const host = indexOfHost(base, hostId);
      if (host < 0 || suits.known[suit]!.suits[host] === 0) continue;
      onHost.set(host, (onHost.get(host) ?? 0) + 1);
      const key = `${shape.cpuMilli} ${shape.memoryMib}`;
      const one = tally.get(key);
      if (one === undefined) tally.set(key, { shape, count: 1 });
      else one.count += 1;
    }
    const most = Math.max(capOnHost(workload, policy, alone.length), ...onHost.values());
    const shapes = [...tally.values()].sort((one, other) => one.shape.cpuMilli - other.shape.cpuMilli || one.shape.memoryMib - other.shape.memoryMib);
    for (const { shape, count } of shapes) parts.push({ workloadId, shape, charge: charge(shape, policy, workload.environment), suit, count, most: Math.min(most, count) });
  }
  return parts;
}

const NO_CAP = Number.POSITIVE_INFINITY;

/** Most replicas of the workload on one host: its own caps, those of its class, and what must still run after the loss of a domain. */
export function capOnHost(workload: Workload, policy: Policy, replicas: number): number {
  const { perHost = NO_CAP, perRack = NO_CAP, perSite = NO_CAP } = capsOf(workload, policy);
  const most = Math.min(perHost, perRack, perSite);
  if (workload.ask.survive === 'none') return most;
  // What must remain does not depend on the number of domains; two are the fewest with which there is a sum at all.
  const sizing = size(workload, policy, 2);
  return isRefusal(sizing) ? most : Math.min(most, Math.max(1, replicas - sizing.mustRemain));
}

function classesOf(base: Base, suits: readonly Eligibility[]): FleetClass[] {
  const classes = new Map<string, FleetClass & { readonly hosts: number[] }>();
  for (const [host, { costCentsPerHour }] of base.hosts.entries()) {
    const isUsed = base.replicaCount[host]! > 0;
    // A closed host keeps what it has, but an empty one will stay empty.
    const accepts = suits.map((suit) => suit.suits[host] === 1 && (isUsed || !isClosed(base.hosts[host]!)));
    if (!accepts.includes(true)) continue;
    const capacity = { cpuMilli: base.usableCpu[host]! + Math.max(0, -base.freeCpu[host]!), memoryMib: base.usableMemory[host]! + Math.max(0, -base.freeMemory[host]!) };
    const key = `${capacity.cpuMilli} ${capacity.memoryMib} ${costCentsPerHour} ${accepts.map(Number).join('')}`;
    const known = classes.get(key);
    if (known === undefined) classes.set(key, { capacity, costCentsPerHour, hosts: [host], accepts });
    else known.hosts.push(host);
  }
  return [...classes].sort(([one], [other]) => byText(one, other)).map(([, each]) => each);
}

export interface Grouped {
  readonly problem: PackProblem;
  /** Type index of each part. */
  readonly typeOf: readonly number[];
}

/**
 * The fleet as a packing problem. Parts of equal size that may run on the same hosts become one type where `apart` gives the same for
 * them; together they may lie on a host as many as each of them may.
 */
export function problemOf({ parts, classes }: Pick<Fleet, 'parts' | 'classes'>, apart: (part: Part, index: number) => string | number): Grouped {
  const types = new Map<string, { index: number; part: Part; count: number; most: number }>();
  const typeOf = parts.map((part, index) => {
    const accepted = classes.map(({ accepts }) => (accepts[part.suit] === true ? '1' : '0')).join('');
    const key = `${part.charge.cpuMilli} ${part.charge.memoryMib} ${accepted} ${apart(part, index)}`;
    const type = types.get(key) ?? { index: types.size, part, count: 0, most: 0 };
    types.set(key, type);
    type.count += part.count;
    type.most += part.most;
    return type.index;
  });
  const list = [...types.values()];
  return {
    typeOf,
    problem: {
      resources: ['cpuMilli', 'memoryMib'],
      types: list.map(({ part, count, most }) => ({ name: part.workloadId, size: [part.charge.cpuMilli, part.charge.memoryMib], count, ...(most < count ? { mostPerHost: most } : {}) })),
      classes: classes.map(({ capacity, costCentsPerHour, hosts, accepts }, index) => ({
        name: `class ${index}`,
        hosts: hosts.length,
        capacity: [capacity.cpuMilli, capacity.memoryMib],
        cost: costCentsPerHour,
        accepts: list.map(({ part }) => accepts[part.suit] === true),
      })),
    },
  };
}
