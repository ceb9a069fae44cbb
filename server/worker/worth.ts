// What a proof says: the gap, what a replica of each workload is worth, and the dearest content that a host of each class could hold. Pure.
import { fleetOf, problemOf } from '#scheduler/batch/fleet.ts';
import type { Proof, Shape } from '#scheduler/model.ts';
import { wholeOf } from '#scheduler/pack/column.ts';
import { flatten } from '#scheduler/pack/instance.ts';
import { pricingOf } from '#scheduler/pack/pricing.ts';
import type { Base } from '#scheduler/prepare.ts';
import { gapOf } from '#scheduler/questions/consequence.ts';
import type { Proven } from './messages.ts';

/** Nodes of the search for the dearest content of one host: beyond it the worth is over-estimated. */
const NODES = 200_000;

/** @param proof of what the base records */
export function worthOf(base: Base, proof: Proof): Omit<Proven, 'proof'> {
  const fleet = fleetOf(base);
  const known = new Map(proof.prices.map(({ workloadId, shape, price }) => [keyOf(workloadId, shape), price]));
  const prices = fleet.parts.map(({ workloadId, shape }) => known.get(keyOf(workloadId, shape)) ?? 0);
  const { problem, typeOf } = problemOf(fleet, (_, index) => prices[index]!);
  const instance = { ...flatten(problem), scale: proof.scale };
  const ofType = new Float64Array(problem.types.length);
  for (const [index, type] of typeOf.entries()) ofType[type] = prices[index]!;
  const priced = pricingOf(instance, NODES).price(ofType, wholeOf(instance));
  const classes = fleet.classes.map(({ hosts, costCentsPerHour }, index) => ({
    name: nameOf(base, hosts),
    hosts: hosts.length,
    used: hosts.filter((host) => base.replicaCount[host]! > 0).length,
    costCentsPerHour,
    worthCentsPerHour: (priced[index]?.atMost ?? 0) / proof.scale,
  }));
  const shown = fleet.parts.map(({ workloadId, shape, count }, index) => ({ workload: base.workloads.get(workloadId)?.name ?? workloadId, shape, replicas: count, centsPerHour: prices[index]! / proof.scale }));
  return { gap: gapOf(proof), prices: shown.sort((one, other) => other.centsPerHour - one.centsPerHour), hostClasses: classes };
}

const keyOf = (workloadId: string, { cpuMilli, memoryMib }: Shape): string => `${cpuMilli} ${memoryMib} ${workloadId}`;

/** `physical, 32 cores, 128 GiB`: what hosts of a class have in common. Some classes share a name, since who may run there differs too. */
function nameOf({ hosts, usableCpu, usableMemory }: Base, members: readonly number[]): string {
  const kinds = [...new Set(members.map((host) => hosts[host]!.kind))].sort();
  const first = members[0]!;
  return `${kinds.join(' or ')}, ${round(usableCpu[first]! / 1000)} cores, ${round(usableMemory[first]! / 1024)} GiB to give`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
