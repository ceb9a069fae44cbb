// What is to be placed, and what is left of every host, as one packing problem: hosts in use cost nothing more, empty ones their price.
// Takes the working copy and openings; gives the problem with the openings of each type and the hosts of each class. Rules that bind several
// hosts at once are left to whoever hands the packing out (place.ts).

import { eligibility } from '../feasible.ts';
import { isClosed } from '../open.ts';
import type { Shape } from '../model.ts';
import { viewOf } from '../outcome.ts';
import type { Overlay } from '../overlay.ts';
import type { PackProblem } from '../pack/problem.ts';
import type { Eligibility } from '../prepare.ts';
import type { Opening } from '../reconcile.ts';
import { byText } from '../resources.ts';

export interface Residual {
  readonly problem: PackProblem;
  /** By type. */
  readonly openings: readonly (readonly Opening[])[];
  /** By class: indices in the base, ascending. */
  readonly hosts: readonly (readonly number[])[];
}

/** With more workloads that limit how many may lie on a host, they are taken together, and what breaks a cap is mended afterwards. */
const MOST_CAPPED = 100;
/** With more kinds of room left, rooms are rounded down until there are no more: a little room for much time. */
const MOST_CLASSES = 200;
/** Beyond so many doublings of the step hosts lose more room than the packing could gain. */
const MOST_DOUBLINGS = 3;

interface Type {
  readonly charge: Shape;
  readonly suits: Eligibility;
  readonly mostPerHost: number | undefined;
  readonly openings: Opening[];
}

export function residualOf(state: Overlay, openings: readonly Opening[]): Residual {
  const types = typesOf(state, openings);
  const hasAddresses = bindingAddresses(state, types);
  const smallest = { cpuMilli: Math.min(...types.map(({ charge }) => charge.cpuMilli)), memoryMib: Math.min(...types.map(({ charge }) => charge.memoryMib)) };
  const hosts = [...state.base.hosts.keys()].filter((host) => state.freeCpu[host]! >= smallest.cpuMilli && state.freeMemory[host]! >= smallest.memoryMib && addressesOf(state, host) > 0);
  const unit = { cpuMilli: types.reduce((found, { charge }) => divisor(charge.cpuMilli, found), 0) || 1, memoryMib: types.reduce((found, { charge }) => divisor(charge.memoryMib, found), 0) || 1 };
  let classes = classesOf(state, types, hosts, unit, hasAddresses);
  for (let doubled = 0; classes.length > MOST_CLASSES && doubled < MOST_DOUBLINGS; doubled += 1) {
    unit.cpuMilli *= 2;
    unit.memoryMib *= 2;
    classes = classesOf(state, types, hosts, unit, hasAddresses);
  }
  const list = types.map(({ charge, mostPerHost, openings: members }, index) => ({
    name: `type ${index}`,
    size: [charge.cpuMilli, charge.memoryMib, ...(hasAddresses ? [1] : [])],
    count: members.length,
    ...(mostPerHost === undefined ? {} : { mostPerHost }),
  }));
  const resources = ['cpuMilli', 'memoryMib', ...(hasAddresses ? ['addresses'] : [])];
  return { problem: { resources, types: list, classes: classes.map(({ hosts: members, ...each }) => ({ ...each, hosts: members.length })) }, openings: types.map(({ openings: members }) => members), hosts: classes.map(({ hosts: members }) => members) };
}

function typesOf(state: Overlay, openings: readonly Opening[]): Type[] {
  const capped = new Set(openings.filter(({ demand }) => demand.caps.perHost !== undefined).map(({ demand }) => demand.workload.id));
  const isApart = capped.size <= MOST_CAPPED;
  const numbers = new Map<Eligibility, number>();
  const types = new Map<string, Type>();
  for (const opening of openings) {
    const { charge, caps, workload } = viewOf(state, opening);
    const suits = eligibility(state.base, workload);
    const number = numbers.get(suits) ?? numbers.size;
    numbers.set(suits, number);
    const mostPerHost = isApart ? caps.perHost : undefined;
    const key = `${charge.cpuMilli} ${charge.memoryMib} ${number} ${mostPerHost === undefined ? '' : workload.id}`;
    const type = types.get(key) ?? { charge, suits, mostPerHost, openings: [] };
    types.set(key, type);
    type.openings.push(opening);
  }
  return [...types.values()];
}

function addressesOf({ base, addressesFree }: Overlay, host: number): number {
  return base.networkOf[host]! < 0 ? 0 : addressesFree[base.networkOf[host]!]!;
}

/** Whether addresses may run out on a host before its room does: only where a network belongs to one host can the packing count them. */
function bindingAddresses(state: Overlay, types: readonly Type[]): boolean {
  const { base } = state;
  const sharing = new Map<number, number>();
  for (const network of base.networkOf) sharing.set(network, (sharing.get(network) ?? 0) + 1);
  const smallestCpu = Math.max(1, Math.min(...types.map(({ charge }) => charge.cpuMilli)));
  const smallestMemory = Math.max(1, Math.min(...types.map(({ charge }) => charge.memoryMib)));
  return base.hosts.some((_, host) => {
    const fit = Math.min(state.freeCpu[host]! / smallestCpu, state.freeMemory[host]! / smallestMemory);
    return sharing.get(base.networkOf[host]!) === 1 && fit >= 1 && fit > addressesOf(state, host);
  });
}

function classesOf(state: Overlay, types: readonly Type[], hosts: readonly number[], unit: Shape, hasAddresses: boolean) {
  const { base } = state;
  const suits = [...new Set(types.map((type) => type.suits))];
  const classes = new Map<string, { name: string; hosts: number[]; capacity: number[]; cost: number; accepts: boolean[] }>();
  for (const host of hosts) {
    if (isClosed(base.hosts[host]!)) continue;
    const may = suits.map((each) => each.suits[host] === 1);
    if (!may.includes(true)) continue;
    const capacity = [state.freeCpu[host]! - (state.freeCpu[host]! % unit.cpuMilli), state.freeMemory[host]! - (state.freeMemory[host]! % unit.memoryMib), ...(hasAddresses ? [addressesOf(state, host)] : [])];
    const cost = state.replicaCount[host]! > 0 ? 0 : base.hosts[host]!.costCentsPerHour;
    const key = `${capacity.join(' ')} ${cost} ${may.map(Number).join('')}`;
    const known = classes.get(key);
    if (known === undefined) classes.set(key, { name: `like ${base.hosts[host]!.name}`, hosts: [host], capacity, cost, accepts: types.map((type) => may[suits.indexOf(type.suits)]!) });
    else known.hosts.push(host);
  }
  return [...classes].sort(([one], [other]) => byText(one, other)).map(([, each]) => each);
}

function divisor(one: number, other: number): number {
  return other === 0 ? one : divisor(other, one % other);
}
