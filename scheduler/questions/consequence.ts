// What is different between two snapshots, in the words of the person who has to approve it.
// Takes the first and the last snapshot of a what-if (or their bases); gives counts, cost, hours at the policy's pace, headroom by site,
// the proven gap and survival where they are asked for. Decides nothing.

import { freeAddresses } from '../addresses.ts';
import type { FailureDomain, Proof, Replica, Snapshot, Unplaced, Workload } from '../model.ts';
import { asBase, type Base, indexOfHost } from '../prepare.ts';
import { byText } from '../resources.ts';
import type { Consequence, Gap, Room, SiteHeadroom } from './model.ts';
import { survival } from './survival.ts';

export interface ConsequenceOptions {
  /** What found no room at the end. */
  readonly unplaced: readonly Unplaced[];
  /** Replicas that would move without the changes as well. */
  readonly due: ReadonlySet<string>;
  /** Absent: no gap is told. */
  readonly proof?: ((base: Base) => Proof) | undefined;
  /** Kinds of loss to try before and after; empty: none. */
  readonly survival: readonly FailureDomain[];
}

/** Told as hours where the policy lets nothing move. */
export const NEVER_HOURS = 1_000_000_000;
const MOST_WORKLOADS = 20;

/** @returns the difference that the way from `from` to `to` makes. O(hosts + replicas), and what proof and survival take */
export function consequence(from: Snapshot | Base, to: Snapshot | Base, options: ConsequenceOptions): Consequence {
  const first = asBase(from);
  const last = asBase(to);
  const { moved, healed, starts, stops, resizes } = compare(first, last);
  const { proof } = options;
  return {
    before: first.totals,
    after: last.totals,
    moves: moved.length,
    healed,
    due: moved.filter(({ id }) => options.due.has(id)).length,
    starts,
    stops,
    resizes,
    hours: hoursOf(moved.length - healed, last.snapshot.policy.movesPerHour),
    movedWorkloads: mostMoved(moved, new Map([...first.workloads, ...last.workloads])),
    headroom: headroom(first, last),
    unplaced: options.unplaced,
    gap: proof === undefined ? null : { before: gapOf(proof(first)), after: gapOf(proof(last)) },
    survival: { before: survival(first, options.survival), after: survival(last, options.survival) },
  };
}

/** What the hosts in use cost beside the least that any arrangement costs. */
export function gapOf({ costCentsPerHour, bound, scale }: Proof): Gap {
  const boundCentsPerHour = bound / scale;
  const percent = boundCentsPerHour > 0 ? ((costCentsPerHour - boundCentsPerHour) / boundCentsPerHour) * 100 : costCentsPerHour > 0 ? 100 : 0;
  return { costCentsPerHour, boundCentsPerHour, percent };
}

interface Difference {
  readonly moved: readonly Replica[];
  readonly healed: number;
  readonly starts: number;
  readonly stops: number;
  readonly resizes: number;
}

function compare(first: Base, last: Base): Difference {
  const moved: Replica[] = [];
  let healed = 0;
  let starts = 0;
  let resizes = 0;
  const before = new Map(first.snapshot.replicas.filter((replica) => livesOn(first, replica.hostId)).map((replica) => [replica.id, replica]));
  const after = last.snapshot.replicas.filter((replica) => livesOn(last, replica.hostId));
  for (const replica of after) {
    const was = before.get(replica.id);
    if (was === undefined) {
      starts += 1;
      continue;
    }
    if (was.shape.cpuMilli !== replica.shape.cpuMilli || was.shape.memoryMib !== replica.shape.memoryMib) resizes += 1;
    if (was.hostId === replica.hostId) continue;
    moved.push(replica);
    if (!livesOn(last, was.hostId)) healed += 1;
  }
  return { moved, healed, starts, stops: before.size - (after.length - starts), resizes };
}

/** Whether a replica recorded there runs. */
function livesOn(base: Base, hostId: string | null): boolean {
  const host = indexOfHost(base, hostId);
  return host >= 0 && base.hosts[host]!.state !== 'lost';
}

function hoursOf(moves: number, movesPerHour: number): number {
  if (moves === 0) return 0;
  return movesPerHour > 0 ? moves / movesPerHour : NEVER_HOURS;
}

function mostMoved(moved: readonly Replica[], workloads: ReadonlyMap<string, Workload>): Consequence['movedWorkloads'] {
  const counts = new Map<string, number>();
  for (const { workloadId } of moved) counts.set(workloadId, (counts.get(workloadId) ?? 0) + 1);
  return [...counts]
    .sort(([one, ones], [other, others]) => others - ones || byText(one, other))
    .slice(0, MOST_WORKLOADS)
    .map(([workloadId, moves]) => ({ workloadId, workload: workloads.get(workloadId)?.name ?? workloadId, moves }));
}

function headroom(first: Base, last: Base): SiteHeadroom[] {
  const before = roomBySite(first);
  const after = roomBySite(last);
  const none: Room = { freeCpuMilli: 0, freeMemoryMib: 0, containers: 0 };
  return [...new Set([...before.keys(), ...after.keys()])].sort(byText).map((site) => ({ site, before: before.get(site) ?? none, after: after.get(site) ?? none }));
}

/** Room on hosts that take new replicas, whoever may use them. Containers are counted host by host, and no further than addresses last. */
function roomBySite(base: Base): Map<string, Room> {
  const { policy } = base.snapshot;
  const shape = Object.hasOwn(policy.shapes, policy.defaultShape) ? policy.shapes[policy.defaultShape]! : { cpuMilli: Number.POSITIVE_INFINITY, memoryMib: Number.POSITIVE_INFINITY };
  const addresses = base.ranges.map(freeAddresses);
  const rooms = new Map<string, { freeCpuMilli: number; freeMemoryMib: number; containers: number }>();
  for (const [index, host] of base.hosts.entries()) {
    const room = rooms.get(host.site) ?? { freeCpuMilli: 0, freeMemoryMib: 0, containers: 0 };
    rooms.set(host.site, room);
    if ((host.state !== 'ready' && host.state !== 'suspect') || host.cordoned || host.draining === true) continue;
    const cpuMilli = Math.max(0, base.freeCpu[index]!);
    const memoryMib = Math.max(0, base.freeMemory[index]!);
    const network = base.networkOf[index]!;
    const containers = Math.min(Math.floor(cpuMilli / shape.cpuMilli), Math.floor(memoryMib / shape.memoryMib), network < 0 ? 0 : addresses[network]!);
    if (network >= 0) addresses[network]! -= containers;
    room.freeCpuMilli += cpuMilli;
    room.freeMemoryMib += memoryMib;
    room.containers += containers;
  }
  return rooms;
}
