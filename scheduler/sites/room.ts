// Whether replicas of a workload have room at one site, found by the code that places for real on the hosts of that site alone. Takes a snapshot or
// a base; gives counts and hosts. Caps for a whole site and what must be survived do not count: they are the business of all sites together.
import type { Plan, Snapshot, Workload } from '../model.ts';
import { type Base, prepare } from '../prepare.ts';
import { quote } from '../quote.ts';
import { isRefusal } from '../size.ts';

/** What placing so many replicas in all there would leave without room. */
export function tried(room: Base, workload: Workload, replicas: number): { readonly missing: number; readonly plan: Plan; readonly isRefused: boolean } {
  const answer = quote(room, alone(workload, replicas));
  return { missing: answer.unplaced.reduce((sum, { count }) => sum + count, 0), plan: answer.plan, isRefused: isRefusal(answer.sizing) };
}

/** Hosts of the site that would take so many more of its replicas, one for each that finds room. */
export function hostsFor({ snapshot }: Base, workload: Workload, site: string, count: number): string[] {
  const room = siteAlone(snapshot, site);
  const there = room.replicasOf.get(workload.id)?.length ?? 0;
  return tried(room, workload, there + count).plan.steps.flatMap((step) => (step.kind === 'start' ? [step.hostId] : []));
}

/** The workload with so many replicas, wherever they have room: what it must survive is the business of all sites together. */
const alone = (workload: Workload, replicas: number): Workload => ({ ...workload, decision: undefined, rollout: undefined, ask: { ...workload.ask, peakQps: 0.001, survive: 'none', minReplicas: replicas, caps: { ...workload.ask.caps, perSite: undefined } } });

/** The fleet as if it were this site alone. */
export function siteAlone(snapshot: Snapshot, site: string): Base {
  const hosts = snapshot.hosts.filter((host) => host.site === site);
  const ids = new Set(hosts.map(({ id }) => id));
  const replicas = snapshot.replicas.filter(({ hostId }) => hostId !== null && ids.has(hostId)).map(({ successor: _, ...replica }) => replica);
  return prepare({ ...snapshot, hosts, replicas });
}
