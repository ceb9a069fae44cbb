// The fleet of a drill as it moves through the day: a snapshot that is placed on by the same decision as in production. Holds what changes of it.
import { toInteger } from '../addresses.ts';
import { applyPlan } from '../apply-plan.ts';
import type { Network, Plan, Pool, Replica, Snapshot, Workload } from '../model.ts';
import { type Base, prepare } from '../prepare.ts';
import { joinHosts, poolHost, poolPrefix } from '../questions/join-hosts.ts';
import { decide } from '../schedule.ts';

export interface Fleet {
  readonly snapshot: Snapshot;
  readonly base: Base;
  readonly hostsInUse: number;
  readonly centsPerHour: number;
  /** Ids that nobody had before. */
  newId(): string;
  /** Replicas of a workload that serve at an instant, and that are recorded for it. */
  serving(workloadId: string, at: number): number;
  replicas(workloadId: string): number;
  /** A VM of the pool becomes a host. @returns its id */
  join(pool: Pool): string;
  /** Moves what is on a host elsewhere, start-first, and takes the host away; changes nothing where something would find no room. @returns whether it did */
  evacuate(hostId: string): boolean;
  /** Puts numbers of replicas into force, for the drilled workloads only. */
  place(wanted: ReadonlyMap<string, number>, at: number): Plan;
}

export function openFleet(first: Snapshot, drilled: readonly string[], startDelayMs: number): Fleet {
  const original = new Map(first.networks.map((network) => [network.id, network]));
  const servesAt = new Map<string, number>();
  let snapshot: Snapshot = { ...first, pools: [] };
  let base = prepare(snapshot);
  let usage = usageOf(snapshot);
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `drill-${ids}`;
  };
  const settle = (next: Snapshot) => {
    snapshot = next;
    base = prepare(next);
    usage = usageOf(next);
  };
  return {
    get snapshot() {
      return snapshot;
    },
    get base() {
      return base;
    },
    get hostsInUse() {
      return usage.hosts.size;
    },
    get centsPerHour() {
      return usage.centsPerHour;
    },
    newId,
    serving: (workloadId, at) => (base.replicasOf.get(workloadId) ?? []).filter(({ id, hostId }) => hostId !== null && (servesAt.get(id) ?? 0) <= at).length,
    replicas: (workloadId) => base.replicasOf.get(workloadId)?.length ?? 0,
    join(pool) {
      settle(joinHosts(snapshot, poolHost(pool), 1, poolPrefix(pool)));
      return snapshot.hosts.at(-1)!.id;
    },
    evacuate(hostId) {
      const without = { ...snapshot, hosts: snapshot.hosts.filter(({ id }) => id !== hostId), networks: snapshot.networks.filter(({ id }) => id !== `network of ${hostId}`), replicas: snapshot.replicas.map((each): Replica => (each.hostId === hostId ? { ...each, hostId: null, address: null } : each)) };
      const trial = prepare(without);
      const plan = decide(trial, drilled.flatMap((id) => trial.workloads.get(id) ?? []), { verb: 'drain', seed: 1, newId, moves: 0 }, drilled);
      const waited = snapshot.replicas.filter((each) => each.hostId === null).length;
      const after = freed(applyPlan(without, plan), original);
      if (after.replicas.filter((each) => each.hostId === null).length > waited) return false;
      settle(after);
      return true;
    },
    place(wanted, at) {
      settle({ ...snapshot, workloads: snapshot.workloads.map((workload): Workload => (wanted.has(workload.id) ? { ...workload, decision: { replicas: wanted.get(workload.id)!, reason: 'drill' } } : workload)) });
      const plan = decide(base, drilled.flatMap((id) => base.workloads.get(id) ?? []), { verb: 'scale', seed: 1, newId, moves: 0 }, drilled);
      for (const step of plan.steps) {
        if (step.kind === 'start') servesAt.set(step.replica.id, at + startDelayMs);
        else if (step.kind === 'stop') servesAt.delete(step.replica.id);
      }
      if (plan.steps.length > 0) settle(freed(applyPlan(snapshot, plan), original));
      return plan;
    },
  };
}

function usageOf({ hosts, replicas }: Snapshot): { readonly hosts: ReadonlySet<string>; readonly centsPerHour: number } {
  const used = new Set(replicas.flatMap(({ hostId }) => hostId ?? []));
  return { hosts: used, centsPerHour: hosts.reduce((sum, { id, costCentsPerHour }) => (used.has(id) ? sum + costCentsPerHour : sum), 0) };
}

/** Addresses of replicas that are gone may be given again: a day is longer than any quarantine. */
function freed(after: Snapshot, original: ReadonlyMap<string, Network>): Snapshot {
  const networkOf = new Map(after.hosts.map(({ id, networkId }) => [id, networkId]));
  const held = Map.groupBy(after.replicas.filter(({ address }) => address !== null), ({ hostId }) => networkOf.get(hostId ?? '') ?? '');
  const within = ({ first, last }: Network, { address }: Replica) => toInteger(address!) >= toInteger(first) && toInteger(address!) <= toInteger(last);
  return { ...after, networks: after.networks.map((network) => ({ ...network, taken: [...new Set([...(original.get(network.id)?.taken ?? []), ...(held.get(network.id) ?? []).filter((replica) => within(network, replica)).map(({ address }) => address!)])] })) };
}
