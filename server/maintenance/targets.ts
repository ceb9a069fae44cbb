// What is emptied, by name -> hosts; and where what runs on them could go, decided on the present as if they were drained already.
import type { KeptRoom, Snapshot } from '#scheduler/model.ts';
import { drainTargets, type DrainTargets } from '#scheduler/maintenance/targets.ts';
import { prepare } from '#scheduler/prepare.ts';
import { eliminationText } from '#scheduler/explain.ts';
import { closestOf, type DrainBlocker } from '#scheduler/maintenance/targets.ts';
import type { MaintenanceBlockerRow, MaintenanceTarget } from '../db/maintenance.ts';
import type { HostRow } from '../db/hosts.ts';
import { InvalidError } from '../errors.ts';
import type { MaintenanceAsk } from '../http/contract/maintenance.ts';

/** Names that a message lists at most. */
const MOST_LISTED = 12;

/** As it is kept. @throws InvalidError where a host is named twice, or none of that name, rack or site is there */
export function targetOf({ hosts, rack, site }: Pick<MaintenanceAsk, 'hosts' | 'rack' | 'site'>, known: readonly HostRow[]): MaintenanceTarget {
  const target: MaintenanceTarget = hosts !== undefined ? { hosts } : rack !== undefined ? { rack } : { site: site ?? '' };
  if ('hosts' in target) {
    const names = new Set(known.map(({ name }) => name));
    for (const [index, name] of target.hosts.entries()) {
      if (target.hosts.indexOf(name) !== index) throw invalid(`hosts.${index}`, name, 'is named twice', 'each host once');
      if (!names.has(name)) throw invalid(`hosts.${index}`, name, 'is not a host of the fleet', listed([...names]));
    }
  } else if (hostsIn(target, known).length === 0) {
    const [field, value, all] = 'rack' in target ? ['rack', target.rack, known.map((host) => `${host.site}/${host.rack}`)] as const : ['site', target.site, known.map((host) => host.site)] as const;
    throw invalid(field, value, `is not a ${field} of the fleet`, listed([...new Set(all)]));
  }
  return target;
}

/** The hosts that are there now. */
export function hostsIn(target: MaintenanceTarget, known: readonly HostRow[]): HostRow[] {
  if ('hosts' in target) return known.filter(({ name }) => target.hosts.includes(name));
  return known.filter((host) => ('rack' in target ? `${host.site}/${host.rack}` === target.rack : host.site === target.site));
}

/** `host dc-1`, `3 hosts: a, b, c`, `rack dc1/r01`. */
export function scopeText(target: MaintenanceTarget): string {
  if ('rack' in target) return `rack ${target.rack}`;
  if ('site' in target) return `site ${target.site}`;
  const { hosts } = target;
  return hosts.length === 1 ? `host ${hosts[0]}` : `${hosts.length} hosts: ${hosts.slice(0, 5).join(', ')}${hosts.length > 5 ? ` and ${hosts.length - 5} more` : ''}`;
}

/** The snapshot with some more hosts drained; what other hosts keep for others stays kept. */
export function drained(snapshot: Snapshot, hostIds: ReadonlySet<string>): Snapshot {
  return { ...snapshot, hosts: snapshot.hosts.map((host) => (hostIds.has(host.id) ? { ...host, draining: true } : host)) };
}

/** Where everything on these hosts could go, and what could not. */
export function targetsOf(snapshot: Snapshot, hostIds: ReadonlySet<string>): DrainTargets {
  return drainTargets(prepare(drained(snapshot, hostIds)), hostIds);
}

/** A blocker as it is kept; `since` and what helps are of the one before where the rule is the same. */
export function blockerRow(maintenanceId: string, { workloadId, replicas, refusal, eliminations }: DrainBlocker, before: MaintenanceBlockerRow | undefined, now: number): MaintenanceBlockerRow {
  const closest = closestOf(eliminations);
  const told =
    refusal !== undefined
      ? { rule: refusal.field, resource: refusal.field, wanted: refusal.value, available: refusal.allowed, closestHost: null, sentence: refusal.message }
      : closest === undefined
        ? { rule: 'unknown', resource: '', wanted: '', available: '', closestHost: null, sentence: 'the planner has not said why' }
        : { rule: closest.closest.rule, resource: closest.closest.resource, wanted: closest.closest.wanted, available: closest.closest.available, closestHost: closest.closestHost, sentence: eliminations.map(eliminationText).slice(0, 3).join('; ') };
  const isSame = before !== undefined && before.rule === told.rule && before.resource === told.resource;
  return { maintenanceId, workloadId, ...told, count: replicas.length, since: isSame ? before.since : now, help: isSame && before.count === replicas.length ? before.help : null };
}

/** Room that is kept for each replica, by replica id. */
export const keptFor = ({ hosts }: Snapshot): ReadonlyMap<string, string> => new Map(hosts.flatMap(({ id, kept = [] }) => kept.map(({ replicaId }: KeptRoom) => [replicaId, id] as const)));

function invalid(field: string, value: string, message: string, allowed: string): InvalidError {
  return new InvalidError('maintenance-invalid', `${field} is ${JSON.stringify(value)}: it ${message} (${allowed}).`, [{ field, value, message, allowed }]);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'there is none yet' : `${names.slice(0, MOST_LISTED).join(', ')}${names.length > MOST_LISTED ? ` and ${names.length - MOST_LISTED} more` : ''}`;
}
