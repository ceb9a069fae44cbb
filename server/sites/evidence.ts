// What is seen of sites, and of names at sites, for fail-over: hosts that are heard of, replicas that serve. Takes the directory and the present;
// gives evidence. Where this server has heard nothing yet, nobody can tell.
import type { Host } from '#scheduler/model.ts';
import { said, type Said } from '#scheduler/said.ts';
import type { Evidence } from '#scheduler/sites/failover.ts';
import type { Target } from '#scheduler/sites/model.ts';
import type { Context } from '../context.ts';
import type { KnownName } from './steering.ts';

export interface SiteSight {
  readonly site: string;
  readonly hosts: number;
  readonly hostsUp: number;
  /** Of names, each counted once. */
  readonly replicas: number;
  readonly replicasHealthy: number;
}

/** @param isGone silent for longer than its lease, also where a person still has to say that it is lost */
export function sightOf(site: string, hosts: readonly Host[], names: Iterable<KnownName>, isGone: (host: Host) => boolean): SiteSight {
  const here = hosts.filter((host) => host.site === site && host.state !== 'joining');
  const targets = new Map<string, Target>();
  for (const { ready } of names) for (const target of ready.spec.targets) if (target.site === site) targets.set(target.replicaId, target);
  return { site, hosts: here.length, hostsUp: here.filter((host) => !isGone(host)).length, replicas: targets.size, replicasHealthy: [...targets.values()].filter(({ isHealthy }) => isHealthy).length };
}

export const goneIn = (fleet: Context['fleet']) => ({ id, state }: Host): boolean => state === 'lost' || fleet.get(id)?.code === 'held';

export const sightSaid = ({ hosts, hostsUp, replicas, replicasHealthy }: SiteSight): Said => said('site-sight', { hosts, hostsUp, replicas, replicasHealthy }, '{hostsUp} of {hosts} hosts are heard of, {replicasHealthy} of {replicas} replicas with a name are healthy');

/** @param hosts of the present */
export function evidenceOf({ steering: { directory, seen }, fleet, clock, config }: Context, hosts: readonly Host[]): Evidence[] {
  const { rules, marks, names } = directory;
  const sites = [...new Set(hosts.map(({ site }) => site))].sort();
  const decided = new Set(marks.filter(({ name, kind, by }) => name === '' && (kind === 'drained' || by !== 'firn')).map(({ site }) => site));
  const isHeard = new Set(hosts.filter(({ id, state }) => state === 'lost' || fleet.get(id)?.report !== null).map(({ site }) => site));
  const evidence: Evidence[] = sites.map((site) => {
    const sight = sightOf(site, hosts, names.values(), goneIn(fleet));
    // What people have said stands: nothing is concluded about it, and nothing leans on it.
    if (decided.has(site) || sight.hosts === 0 || !isHeard.has(site)) return { site, name: null, health: 'unknown', sentence: sightSaid(sight) };
    return { site, name: null, health: sight.hostsUp * 1000 < rules.leastHostsUpPermille * sight.hosts ? 'bad' : 'good', sentence: sightSaid(sight) };
  });
  const startedLongAgo = clock.now() - config.startDeadlineMs;
  for (const { ready, row } of names.values()) {
    for (const { site, healthy, leaving, unhealthy } of ready.standings) {
      // What only starts is no sign of anything.
      const counted = unhealthy.filter(({ replicaId }) => seen(replicaId)?.wasHealthy === true || (seen(replicaId)?.firstSeenAt ?? 0) < startedLongAgo).length;
      const well = healthy.length + leaving.length;
      const total = well + counted;
      const health = total === 0 || decided.has(site) || !isHeard.has(site) ? 'unknown' : well * 1000 < rules.leastHealthyPermille * total ? 'bad' : 'good';
      evidence.push({ site, name: row.name, health, sentence: said('name-sight', { site, well, total }, '{well} of {total} replicas at {site} are healthy') });
    }
  }
  return evidence;
}
