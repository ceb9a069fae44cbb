// Maintenance as people see it: the record, its hosts and replicas, how far it is, when it is done, what blocks it, and what may be done now.
import type { Context } from '../../context.ts';
import { listHosts } from '../../db/hosts.ts';
import { blockersOfMaintenances, hostsOfMaintenances, type MaintenanceBlockerRow, type MaintenanceHostRow, type MaintenanceReplicaRow, type MaintenanceRow, replicasOfMaintenances } from '../../db/maintenance.ts';
import type { Reader } from '../../db/store.ts';
import { whyNotEnd } from '../../maintenance/maintenance.ts';
import { etaOf, type EtaFound } from '../../maintenance/figures.ts';
import { whyNotForce } from '../../maintenance/force.ts';
import { scopeText } from '../../maintenance/targets.ts';
import type { Present } from '../../control/present.ts';
import type { Blocker, Eta, Maintenance, MaintenanceHost, MaintenanceReplica } from '../contract/maintenance.ts';
import { instant, instantOrNull } from './show.ts';

/** Replicas that a blocker names. */
const MOST_NAMED = 20;

/** What the views of some maintenances read. */
export interface MaintenanceAround {
  readonly present: Present;
  readonly hosts: readonly MaintenanceHostRow[];
  readonly replicas: readonly MaintenanceReplicaRow[];
  readonly blockers: readonly MaintenanceBlockerRow[];
  readonly etas: ReadonlyMap<string, EtaFound>;
  readonly kinds: ReadonlyMap<string, MaintenanceHost['kind']>;
}

export async function readMaintenanceAround(context: Context, rows: readonly MaintenanceRow[]): Promise<MaintenanceAround> {
  const present = await context.present.read();
  const ids = rows.map(({ id }) => id);
  return await context.store.read(async (reader) => {
    const [hosts, replicas, blockers] = [await hostsOfMaintenances(reader, ids), await replicasOfMaintenances(reader, ids), await blockersOfMaintenances(reader, ids)];
    const etas = new Map<string, EtaFound>();
    for (const row of rows) {
      const found = row.finishedAt === null && row.state !== 'planned' ? await etaFor(context, reader, present, row, { hosts, replicas, blockers }) : undefined;
      if (found !== undefined) etas.set(row.id, found);
    }
    return { present, hosts, replicas, blockers, etas, kinds: new Map((await listHosts(reader)).map(({ id, kind }) => [id, kind])) };
  });
}

async function etaFor(context: Context, reader: Reader, present: Present, row: MaintenanceRow, { hosts, replicas }: Pick<MaintenanceAround, 'hosts' | 'replicas' | 'blockers'>): Promise<EtaFound | undefined> {
  const mine = replicas.filter(({ maintenanceId }) => maintenanceId === row.id);
  const waiting = mine.filter(({ state, reservedHostId }) => state === 'waiting' && reservedHostId !== null);
  return await etaOf(context, reader, { present, hostIds: hosts.filter(({ maintenanceId }) => maintenanceId === row.id).map(({ hostId }) => hostId), pace: row, waiting, starting: mine.filter(({ state }) => state === 'starting') });
}

export function showEta(found: EtaFound | undefined, now: number): Eta | null {
  if (found === undefined) return null;
  const { leastSeconds, mostSeconds, moves, basis, samples, limitedBy } = found;
  const range = leastSeconds === mostSeconds ? timeText(mostSeconds) : `${timeText(leastSeconds)} to ${timeText(mostSeconds)}`;
  const from = { measured: `measured on ${samples} starts of these workloads`, others: 'by starts of other workloads, since some of these never moved', assumed: 'nothing was measured yet: the longest is what a start is given' }[basis];
  const by = { 'policy-pace': "the policy's moves an hour", 'own-pace': 'its own pace', 'at-once': 'how many may be under way at once', 'one-of-ten': 'that of few replicas of a workload one goes at a time', starts: 'how long starts take' }[limitedBy];
  return { earliestSeconds: leastSeconds, latestSeconds: mostSeconds, earliestAt: instant(now + leastSeconds * 1000), latestAt: instant(now + mostSeconds * 1000), moves, basis, samples, limitedBy, sentence: `${moves} moves take ${range} (${from}); most of it is ${by}.` };
}

function timeText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 360) / 10} h`;
}

export function showMaintenance(context: Context, { present, hosts, replicas, blockers, etas, kinds }: MaintenanceAround, row: MaintenanceRow): Maintenance {
  const mine = replicas.filter(({ maintenanceId }) => maintenanceId === row.id);
  const count = (state: MaintenanceReplicaRow['state']) => mine.filter((each) => each.state === state).length;
  const over = whyNotEnd(row);
  return {
    id: row.id,
    kind: row.kind,
    scope: scopeText(row.target),
    why: row.why,
    state: row.state,
    stateReason: row.stateReason,
    hosts: showHosts(context, row, hosts.filter(({ maintenanceId }) => maintenanceId === row.id), { present, kinds }),
    pace: { ...(row.movesPerHour === null ? {} : { movesPerHour: row.movesPerHour }), ...(row.atOnce === null ? {} : { atOnce: row.atOnce }) },
    policyMovesPerHour: present.snapshot.policy.movesPerHour,
    startsAt: instantOrNull(row.startsAt),
    endsAt: instantOrNull(row.endsAt),
    bringBack: row.bringBack,
    createdBy: row.createdBy,
    createdAt: instant(row.createdAt),
    startedAt: instantOrNull(row.startedAt),
    drainedAt: instantOrNull(row.drainedAt),
    finishedAt: instantOrNull(row.finishedAt),
    finishedBy: row.finishedBy,
    progress: { total: mine.length, moved: count('moved'), starting: count('starting'), waiting: count('waiting'), stays: count('stays'), stopped: count('stopped'), returning: count('returning'), returned: count('returned'), reserved: mine.filter(({ state, reservedHostId }) => state === 'waiting' && reservedHostId !== null).length },
    eta: showEta(etas.get(row.id), context.clock.now()),
    blockers: blockers.filter(({ maintenanceId }) => maintenanceId === row.id).map((blocker) => showBlocker(blocker, mine.filter(({ workloadId, state, reservedHostId }) => workloadId === blocker.workloadId && state === 'waiting' && reservedHostId === null))),
    forced: row.forced === null ? null : { ...row.forced, at: instant(row.forced.at) },
    may: {
      edit: over,
      cancel: over ?? (row.state === 'drained' ? 'Its hosts are empty: end it instead.' : null),
      end: over ?? (row.state === 'planned' ? 'It has not begun: cancel it instead.' : null),
      force: whyNotForce(row),
      bringBack: over ?? (count('moved') > 0 ? null : 'Nothing has moved yet that could come back.'),
    },
  };
}

/** Those that are or were emptied; of what is planned, those that it would be now. */
function showHosts(context: Context, { target, state }: MaintenanceRow, rows: readonly MaintenanceHostRow[], { present, kinds }: Pick<MaintenanceAround, 'present' | 'kinds'>): MaintenanceHost[] {
  const left = (id: string) => present.snapshot.replicas.filter(({ hostId }) => hostId === id).length;
  if (state !== 'planned') return rows.map(({ hostId, host, site, rack, state: each, drainedAt }) => ({ hostId, host, kind: kinds.get(hostId) ?? null, site, rack, state: each, left: left(hostId), drainedAt: instantOrNull(drainedAt) }));
  const isIn = (host: (typeof present.snapshot.hosts)[number]) => ('hosts' in target ? target.hosts.includes(host.name) : 'rack' in target ? `${host.site}/${host.rack}` === target.rack : host.site === target.site);
  return present.snapshot.hosts.filter(isIn).map(({ id, name, kind, site, rack }) => ({ hostId: id, host: name, kind, site, rack, state: 'planned', left: left(id), drainedAt: null }));
}

export function showBlocker(row: MaintenanceBlockerRow, stuck: readonly Pick<MaintenanceReplicaRow, 'replicaId' | 'replica' | 'fromHost' | 'workload'>[], workload?: string): Blocker {
  const { workloadId, rule, resource, wanted, available, closestHost, sentence, count, since, help } = row;
  return {
    workloadId,
    workload: workload ?? stuck[0]?.workload ?? workloadId,
    replicas: stuck.slice(0, MOST_NAMED).map(({ replicaId, replica, fromHost }) => ({ id: replicaId, name: replica, host: fromHost })),
    count,
    rule,
    resource,
    wanted,
    available,
    closestHost,
    sentence,
    since: instant(since),
    help: help ?? [],
    helpState: help === null ? 'not-looked' : 'looked',
  };
}

export function showMaintenanceReplica(row: MaintenanceReplicaRow, hostName: (id: string) => string): MaintenanceReplica {
  const { maintenanceId: _, cpuMilli, memoryMib, since, reservedHostId, toHostId: __, begunAt, movedAt, ...rest } = row;
  return { ...rest, shape: { cpuMilli, memoryMib }, since: instant(since), reservedHost: reservedHostId === null ? null : hostName(reservedHostId), movedAt: instantOrNull(movedAt), seconds: begunAt === null || movedAt === null ? null : (movedAt - begunAt) / 1000 };
}
