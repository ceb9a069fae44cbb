// Replicas that a shift wants on the other side before its clients come: wishes that the planner carries out start-first, at the policy's pace and
// by its rules. Their number stays: what is moved is what the losing side will no longer need.
import type { Replica, Wish } from '#scheduler/model.ts';
import { byText } from '#scheduler/resources.ts';
import { shares } from '#scheduler/sites/share.ts';
import { hostsFor } from '#scheduler/sites/room.ts';
import { isRefusal } from '#scheduler/size.ts';
import type { Context } from '../context.ts';
import type { Present } from '../control/present.ts';
import { nearbyOf } from './nearby.ts';
import type { KnownName } from './steering.ts';
import { weightsAtStep } from './weights.ts';

/** What shifts wish now, in memory: it follows from what is stored. */
export interface Shifting {
  wishes: readonly Wish[];
  /** Of what they were worked out. */
  of: string;
}
export const openShifting = (): Shifting => ({ wishes: [], of: '' });

/** Works the wishes out anew where anything that they follow from changed, and tells the planner of other ones. */
export async function wishFor(context: Context): Promise<void> {
  const { steering: { directory }, shifting, loops } = context;
  const applying = directory.steering.filter(({ state }) => state === 'applying');
  const present = applying.length === 0 ? undefined : await context.present.read();
  const of = present === undefined ? '' : `${present.revision} ${present.fleetVersion} ${applying.map(({ id }) => id).join(' ')}`;
  if (of === shifting.of) return;
  shifting.of = of;
  const wishes = present === undefined ? [] : applying.flatMap((shift) => shift.changes.flatMap(({ name }) => {
    const known = directory.names.get(name);
    const weights = weightsAtStep(shift, name, shift.steps);
    return known === undefined || weights === undefined ? [] : wishesOf(context, present, known, weights);
  }));
  const before = shifting.wishes;
  // Two names of one workload may wish the same.
  shifting.wishes = [...new Map(wishes.map((wish) => [wish.replicaId, wish])).values()].sort((one, other) => byText(one.replicaId, other.replicaId));
  if (JSON.stringify(before) !== JSON.stringify(shifting.wishes)) loops.wake('planner');
}

function wishesOf(context: Context, { snapshot, base, sizingOf }: Present, { ready, row, workload: named }: KnownName, weights: Readonly<Record<string, number>>): Wish[] {
  const workload = named === null ? undefined : base.workloads.get(named.id);
  const sizing = workload === undefined ? undefined : sizingOf(workload);
  if (workload === undefined || sizing === undefined || isRefusal(sizing)) return [];
  const serving = ready.standings.filter(({ code }) => code !== 'stage' && code !== 'one-way-data' && code !== 'failed').map(({ site }) => site);
  const share = shares(ready.spec, weights, serving, nearbyOf(context, row.name));
  const siteOf = new Map(snapshot.hosts.map(({ id, site }) => [id, site]));
  const all = base.replicasOf.get(workload.id) ?? [];
  const replaced = new Set(all.flatMap(({ successor }) => successor?.replaces ?? []));
  const standing = all.filter(({ id, hostId }) => hostId !== null && !replaced.has(id));
  const at = (site: string) => standing.filter(({ hostId }) => siteOf.get(hostId!) === site);
  const need = (site: string) => Math.ceil((sizing.mustRemain * (share[site] ?? 0)) / 1000);
  const sites = [...new Set([...serving, ...Object.keys(share)])].sort(byText);
  const spare = sites.flatMap((site) => movable(at(site)).slice(0, Math.max(0, at(site).length - need(site))));
  return sites.flatMap((site) => {
    const missing = Math.min(need(site) - at(site).length, spare.length);
    if (missing <= 0) return [];
    return hostsFor(base, workload, site, missing).flatMap((hostId) => {
      const replica = spare.shift();
      return replica === undefined ? [] : [{ replicaId: replica.id, hostId }];
    });
  });
}

/** Those that are not on their way already, the youngest first. */
const movable = (replicas: readonly Replica[]): Replica[] => replicas.filter(({ successor }) => successor === undefined).toSorted((one, other) => other.ordinal - one.ordinal);
