// Fleet and cloud of a drill as one: what passes with time, and what becomes of wanted numbers.
import type { Plan, Pool, Snapshot } from '../model.ts';
import type { Base } from '../prepare.ts';
import { type CloudTerms, openCloud, type Waiting } from './cloud.ts';
import { openFleet } from './fleet.ts';
import type { RunsOut } from './model.ts';

export interface World {
  serving(workloadId: string, at: number): number;
  replicas(workloadId: string): number;
  /** VMs that came become hosts, those whose hour ends and that are not needed go back. @returns whether anything became possible that was not */
  pass(at: number): boolean;
  /** Puts numbers into force, and buys where something waits. @returns who waits, and for what */
  place(wanted: ReadonlyMap<string, number>, at: number): readonly Waiting[];
  /** VMs that are there at once, for nothing that waits yet. */
  keepWarm(pool: Pool, count: number, at: number): void;
  readonly hostsInUse: number;
  readonly vms: number;
  readonly centsPerHour: number;
  readonly cloudCents: number;
  readonly vmHours: number;
  readonly mostOfPool: Readonly<Record<string, number>>;
}

export function openWorld(first: Snapshot, drilled: readonly string[], terms: CloudTerms & { readonly startDelayMs: number }): World {
  const fleet = openFleet(first, drilled, terms.startDelayMs);
  const cloud = openCloud(fleet, terms);
  return {
    serving: fleet.serving,
    replicas: fleet.replicas,
    pass(at) {
      cloud.renew(at);
      return cloud.arrive(at);
    },
    place: (wanted, at) => cloud.buyFor(waitingOf(fleet.place(wanted, at), drilled, fleet.base), at),
    keepWarm(pool, count, at) {
      cloud.order(pool, Math.min(count, cloud.left(pool)), at, at);
      cloud.arrive(at);
    },
    get hostsInUse() {
      return fleet.hostsInUse;
    },
    get vms() {
      return cloud.vms;
    },
    get centsPerHour() {
      return fleet.centsPerHour;
    },
    get cloudCents() {
      return cloud.cents;
    },
    get vmHours() {
      return cloud.hours;
    },
    mostOfPool: cloud.mostOfPool,
  };
}

/** Of each drilled workload that waits, what the host that came closest lacks. */
function waitingOf(plan: Plan, drilled: readonly string[], base: Base): Waiting[] {
  return drilled.flatMap((workloadId): Waiting[] => {
    const all = base.replicasOf.get(workloadId) ?? [];
    const placed = all.filter(({ hostId }) => hostId !== null).length;
    if (placed === all.length) return [];
    const rules = plan.unplaced.filter((each) => each.workloadId === workloadId).flatMap(({ eliminations }) => eliminations.map(({ closest }) => closest.rule));
    const what: RunsOut = rules.includes('addresses') && !rules.some((rule) => rule === 'cpu' || rule === 'memory') ? 'addresses' : 'private-room';
    return [{ workloadId, what, wanted: all.length, available: placed }];
  });
}
