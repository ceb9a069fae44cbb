// Counts what of the fleet a workload may use at all, before any question of room.
// Takes a workload and a snapshot or base; gives the number of failure domains for sizing, or the refusal of a shape that no host
// could ever hold.

import { demandView, eligibility } from './feasible.ts';
import type { FailureDomain, Shape, SizingRefusal, Snapshot, Workload } from './model.ts';
import { isClosed } from './open.ts';
import { asBase, type Base, indexOfHost, type LargeEnough } from './prepare.ts';

/**
 * Failure domains of the kind that the workload wants to survive: those with a host that passes every rule which does not depend on
 * room, and is large enough for one replica. A cordoned host counts while it runs a replica of the workload; one that is being drained does
 * not, since the workload must soon do without it. 0 for `none`.
 */
export function eligibleDomains(workload: Workload, from: Snapshot | Base): number {
  const { survive } = workload.ask;
  const base = asBase(from);
  const shape = shapeOf(base, workload);
  if (survive === 'none' || shape === undefined) return 0;
  const { suits } = eligibility(base, workload);
  const taken = demandView(base, workload, shape, {}, null).charge;
  const { domains } = largeEnough(base, workload, taken);
  const added = new Set<number>();
  for (const replica of base.replicasOf.get(workload.id) ?? []) {
    const host = indexOfHost(base, replica.hostId);
    if (host < 0 || !base.hosts[host]!.cordoned || base.hosts[host]!.draining === true || suits[host] === 0 || !holds(base, host, taken)) continue;
    const domain = domainOf(base, survive, host);
    if (!domains[survive].has(domain)) added.add(domain);
  }
  return domains[survive].size + added.size;
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
  const { isAny, largest } = largeEnough(base, workload, taken);
  // Where no host may be used at all, placement says why, host by host.
  if (isAny || largest < 0) return undefined;
  const name = workload.ask.shape;
  const allowed = `a shape within ${base.usableCpu[largest]} millicores and ${base.usableMemory[largest]} MiB, which is what ${base.hosts[largest]!.name}, the largest host that this workload may use, can give`;
  return { field: 'shape', value: name, allowed, message: `shape is ${name} (${taken.cpuMilli} millicores, ${taken.memoryMib} MiB from a host): it must be ${allowed}` };
}

/** Remembered beside the eligibility, since thousands of workloads ask the same. */
function largeEnough(base: Base, workload: Workload, taken: Shape): LargeEnough {
  const { suits, bySize } = eligibility(base, workload);
  const key = `${taken.cpuMilli} ${taken.memoryMib}`;
  const known = bySize.get(key);
  if (known !== undefined) return known;
  const domains = { host: new Set<number>(), rack: new Set<number>(), site: new Set<number>() };
  let isAny = false;
  let largest = -1;
  for (let host = 0; host < suits.length; host += 1) {
    if (suits[host] === 0) continue;
    if (largest < 0 || base.usableCpu[host]! > base.usableCpu[largest]!) largest = host;
    if (!holds(base, host, taken)) continue;
    isAny = true;
    if (isClosed(base.hosts[host]!)) continue;
    for (const kind of ['host', 'rack', 'site'] as const) domains[kind].add(domainOf(base, kind, host));
  }
  bySize.set(key, { domains, isAny, largest });
  return { domains, isAny, largest };
}

/** Whether an empty host would have room for one replica. */
function holds(base: Base, host: number, taken: Shape): boolean {
  return taken.cpuMilli <= base.usableCpu[host]! && taken.memoryMib <= base.usableMemory[host]!;
}

function shapeOf(base: Base, workload: Workload): Shape | undefined {
  const { shapes } = base.snapshot.policy;
  return Object.hasOwn(shapes, workload.ask.shape) ? shapes[workload.ask.shape] : undefined;
}
