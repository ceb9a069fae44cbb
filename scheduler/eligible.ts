// Counts what of the fleet a workload may use at all, before any question of room.
// Takes a workload and a snapshot or base; gives the number of failure domains for sizing, or the refusal of a shape that no host
// could ever hold.

import { demandView, eligibility } from './feasible.ts';
import type { FailureDomain, Shape, SizingRefusal, Snapshot, Workload } from './model.ts';
import { asBase, type Base, indexOfHost } from './prepare.ts';

/**
 * Failure domains of the kind that the workload wants to survive: those with a host that passes every rule which does not depend on
 * room, and is large enough for one replica. A cordoned host counts while it runs a replica of the workload. 0 for `none`.
 */
export function eligibleDomains(workload: Workload, from: Snapshot | Base): number {
  const { survive } = workload.ask;
  if (survive === 'none') return 0;
  const base = asBase(from);
  const shape = shapeOf(base, workload);
  if (shape === undefined) return 0;
  const { suits } = eligibility(base, workload);
  const inUse = new Set((base.replicasOf.get(workload.id) ?? []).map((replica) => indexOfHost(base, replica.hostId)));
  const domains = new Set<number>();
  const taken = demandView(base, workload, shape, {}, null).charge;
  for (let host = 0; host < suits.length; host += 1) {
    if (suits[host] === 0 || (base.hosts[host]!.cordoned && !inUse.has(host))) continue;
    if (taken.cpuMilli <= base.usableCpu[host]! && taken.memoryMib <= base.usableMemory[host]!) domains.add(domainOf(base, survive, host));
  }
  return domains.size;
}

/** Index of the domain of this kind in which a host lies. */
export function domainOf(base: Base, kind: FailureDomain, host: number): number {
  if (kind === 'host') return host;
  return kind === 'rack' ? base.rackOf[host]! : base.siteOf[host]!;
}

/** Refuses a shape that is larger than every host on which the workload may run; the largest of them is named. */
export function refuseShape(workload: Workload, base: Base): SizingRefusal | undefined {
  const shape = shapeOf(base, workload);
  if (shape === undefined) return undefined;
  const taken = demandView(base, workload, shape, {}, null).charge;
  const { suits } = eligibility(base, workload);
  let largest = -1;
  for (let host = 0; host < suits.length; host += 1) {
    if (suits[host] === 0) continue;
    if (taken.cpuMilli <= base.usableCpu[host]! && taken.memoryMib <= base.usableMemory[host]!) return undefined;
    if (largest < 0 || base.usableCpu[host]! > base.usableCpu[largest]!) largest = host;
  }
  // Where no host may be used at all, placement says why, host by host.
  if (largest < 0) return undefined;
  const name = workload.ask.shape;
  const allowed = `a shape within ${base.usableCpu[largest]} millicores and ${base.usableMemory[largest]} MiB, which is what ${base.hosts[largest]!.name}, the largest host that this workload may use, can give`;
  return { field: 'shape', value: name, allowed, message: `shape is ${name} (${taken.cpuMilli} millicores, ${taken.memoryMib} MiB from a host): it must be ${allowed}` };
}

function shapeOf(base: Base, workload: Workload): Shape | undefined {
  const { shapes } = base.snapshot.policy;
  return Object.hasOwn(shapes, workload.ask.shape) ? shapes[workload.ask.shape] : undefined;
}
