// Who goes back, and in which order: the dearest first, then the emptiest, then the one whose paid period ends soonest. Takes the outlook and the
// VMs that serve; gives each its rank and whether everything fits without it and those before it. What must survive counts, because
// placing counts it. Also who is wanted back of those that are emptied and still paid for.
import type { Host, Snapshot } from '../model.ts';
import type { Need } from '../questions/needs.ts';
import { countOf, type Deciding, lacking } from './outlook.ts';
import { type Said, said } from '../said.ts';

export interface Candidate {
  readonly vmId: string;
  readonly name: string;
  readonly hostId: string;
  readonly costCentsPerHour: number;
  readonly cpuMilli: number;
  readonly replicas: number;
  readonly paidUntil: number | null;
  /** Somebody wants it to stay: it has no rank. */
  readonly isKept: boolean;
}

export interface Leaving {
  readonly vmId: string;
  readonly rank: number;
  readonly goes: boolean;
  readonly reason: Said;
}

const byOrder = (one: Candidate, other: Candidate): number =>
  // Cents for a core, without division: the dearer core goes first.
  other.costCentsPerHour * one.cpuMilli - one.costCentsPerHour * other.cpuMilli || one.replicas - other.replicas || (one.paidUntil ?? 0) - (other.paidUntil ?? 0) || (one.name < other.name ? -1 : 1);

/** The order alone, where nobody goes. */
export function ranked(candidates: readonly Candidate[], reason: Said): Leaving[] {
  return candidates.filter(({ isKept }) => !isKept).sort(byOrder).map(({ vmId }, index) => ({ vmId, rank: index + 1, goes: false, reason }));
}

/** @returns in the order of retreat; those that are kept are not in it */
export function retreat(ahead: Snapshot, candidates: readonly Candidate[], deciding: Deciding): Leaving[] {
  const order = candidates.filter(({ isKept }) => !isKept).sort(byOrder);
  if (order.length === 0) return [];
  const before = lacking(ahead, deciding);
  const gone = new Set<string>();
  // At the close usually all of them go: one look instead of one for each.
  const isAll = order.length > 1 && worse(before, lacking(without(ahead, new Set(order.map(({ hostId }) => hostId))), deciding)) === undefined;
  return order.map(({ vmId, hostId }, index) => {
    const trouble = isAll ? undefined : worse(before, lacking(without(ahead, new Set([...gone, hostId])), deciding));
    if (trouble !== undefined) return { vmId, rank: index + 1, goes: false, reason: said('needed', { workload: trouble.workload, replicas: trouble.replicas }, 'Without it {replicas} containers of {workload} would find no room') };
    gone.add(hostId);
    return { vmId, rank: index + 1, goes: true, reason: said('spared', {}, 'Everything fits without it') };
  });
}

/** As if those hosts were gone: what they hold has to find room elsewhere, and no domain counts them. */
function without(snapshot: Snapshot, hostIds: ReadonlySet<string>): Snapshot {
  const hosts = snapshot.hosts.map((host): Host => (hostIds.has(host.id) ? { ...host, state: 'lost' } : host));
  return { ...snapshot, hosts };
}

/** The workload that is worse off, and by how many; undefined: none is. */
function worse(before: readonly Need[], after: readonly Need[]): { readonly workload: string; readonly replicas: number } | undefined {
  const had = new Map<string, number>();
  for (const { workload, count } of before) had.set(workload.id, (had.get(workload.id) ?? 0) + count);
  const now = new Map<string, { readonly name: string; readonly count: number }>();
  for (const { workload, count } of after) now.set(workload.id, { name: workload.name, count: (now.get(workload.id)?.count ?? 0) + count });
  for (const [id, { name, count }] of now) if (count > (had.get(id) ?? 0)) return { workload: name, replicas: count - (had.get(id) ?? 0) };
  return undefined;
}

/** Emptied and emptying VMs that are wanted back: those that are paid longest first, as many as help. */
export function recall(ahead: Snapshot, emptied: readonly Candidate[], deciding: Deciding): { readonly vmId: string; readonly reason: Said }[] {
  if (emptied.length === 0) return [];
  let snapshot = ahead;
  let missing = countOf(lacking(ahead, deciding));
  const back: { readonly vmId: string; readonly reason: Said }[] = [];
  for (const { vmId, hostId } of [...emptied].sort((one, other) => (other.paidUntil ?? 0) - (one.paidUntil ?? 0) || (one.name < other.name ? -1 : 1))) {
    if (missing === 0) break;
    const opened = { ...snapshot, hosts: snapshot.hosts.map((host) => (host.id === hostId ? { ...host, cordoned: false, draining: false } : host)) };
    const left = countOf(lacking(opened, deciding));
    if (left >= missing) continue;
    back.push({ vmId, reason: said('recalled', { replicas: missing - left }, '{replicas} containers need room: it is taken back instead of buying another one') });
    snapshot = opened;
    missing = left;
  }
  return back;
}

/** The snapshot with those VMs open again. */
export function withRecalled(ahead: Snapshot, hostIds: ReadonlySet<string>): Snapshot {
  return hostIds.size === 0 ? ahead : { ...ahead, hosts: ahead.hosts.map((host) => (hostIds.has(host.id) ? { ...host, cordoned: false, draining: false } : host)) };
}
