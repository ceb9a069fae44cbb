// The loop that follows maintenance: begins what was planned and ends what is over by the time, makes records of drains that have none, keeps room for
// what waits, and says how far each is, what blocks it and since when. It moves nothing itself: the planner does.
import type { DrainTargets } from '#scheduler/maintenance/targets.ts';
import type { Context } from '../context.ts';
import { lastOfKind } from '../db/events.ts';
import { listHosts } from '../db/hosts.ts';
import { blockersOfMaintenances, hostsOfMaintenances, insertMaintenance, type MaintenanceBlockerRow, type MaintenanceHostRow, type MaintenanceReplicaRow, type MaintenanceRow, maintenancesById, maintenancesWithMoves, openMaintenances, putMaintenanceHost, putMaintenanceReplicas, replaceBlockers, replicasOfMaintenances, updateMaintenance } from '../db/maintenance.ts';
import { lastGivenUp, movesOfReplicas } from '../db/moves.ts';
import type { Tx } from '../db/store.ts';
import type { Loop } from '../control/driver.ts';
import { beginMaintenance, finish, newRows, tell, wake } from './maintenance.ts';
import { followHost, followReplica, type Followed, stateOf, withTargets } from './follow.ts';
import { blockerRow, scopeText, targetsOf } from './targets.ts';
import { watchLives, type KnownLives } from './lives.ts';
import { REST_MS } from '../control/moves.ts';
import { replicaName } from '../control/names.ts';
import type { Present } from '../control/present.ts';
import { serves } from '../control/successors.ts';

const EVERY_MS = 2_000;
const NOTHING: DrainTargets = { targets: [], blockers: [], underWay: [] };

/** What is thought about the same present for the same hosts is thought once. */
interface Thought {
  readonly present: Present;
  readonly targets: DrainTargets;
}

export function maintenanceLoop(context: Context): Loop {
  const lives: KnownLives = { seen: undefined, reports: new WeakSet() };
  const thoughts = new Map<string, Thought>();
  return {
    name: 'maintenance',
    everyMs: EVERY_MS,
    run: async () => {
      await watchLives(context, lives);
      await adopt(context);
      await keepTimes(context);
      const open = await readOpen(context);
      for (const id of thoughts.keys()) if (!open.some(({ row }) => row.id === id)) thoughts.delete(id);
      if (open.length === 0) return 'no host is emptied';
      for (const each of open) await follow(context, each, thoughts);
      return `${open.length} maintenances are followed: ${open.map(({ row }) => `${scopeText(row.target)} ${row.state}`).slice(0, 5).join('; ')}`;
    },
  };
}

/** Drains that came about by a proposal, or before anybody kept records, get one. */
async function adopt(context: Context): Promise<void> {
  const strays = await context.store.read(async (reader) => {
    const drained = (await listHosts(reader)).filter(({ drainReason }) => drainReason !== null);
    if (drained.length === 0) return [];
    const held = new Set((await hostsOfMaintenances(reader, (await openMaintenances(reader)).map(({ id }) => id))).filter(({ state }) => state === 'draining' || state === 'drained').map(({ hostId }) => hostId));
    return drained.filter(({ id }) => !held.has(id));
  });
  if (strays.length === 0) return;
  await context.store.tx(async (tx) => {
    const now = context.clock.now();
    const fresh = (await listHosts(tx)).filter(({ id, drainReason }) => drainReason !== null && strays.some((stray) => stray.id === id));
    for (const [why, hosts] of Map.groupBy(fresh, ({ drainReason }) => drainReason!)) {
      const id = context.ids.next();
      const event = await lastOfKind(tx, hosts[0]!.id, 'host.draining');
      await insertMaintenance(tx, { id, kind: 'drain', target: { hosts: hosts.map(({ name }) => name) }, why, state: 'draining', stateReason: '', movesPerHour: null, atOnce: null, startsAt: null, endsAt: null, bringBack: false, createdBy: event?.actor ?? 'firn', createdAt: event?.at ?? now, startedAt: event?.at ?? now, drainedAt: null, finishedAt: null, finishedBy: null, forced: null });
      for (const host of hosts) await putMaintenanceHost(tx, { maintenanceId: id, hostId: host.id, host: host.name, site: host.site, rack: host.rack, state: 'draining', drainedAt: null });
      await putMaintenanceReplicas(tx, await newRows(tx, id, hosts, undefined, now), { revises: false });
    }
  });
}

/** Begins and ends what the time begins and ends. */
async function keepTimes(context: Context): Promise<void> {
  const now = context.clock.now();
  const open = await context.store.read(openMaintenances);
  for (const { id, state, startsAt, endsAt } of open) {
    if (endsAt !== null && endsAt <= now) {
      await context.store.tx(async (tx) => {
        const [row] = await maintenancesById(tx, [id]);
        if (row === undefined || row.finishedAt !== null) return;
        await finish(context, tx, { row, actor: 'firn', reason: 'its time is over', bringBack: row.bringBack, hostIds: null });
        tx.afterCommit(() => wake(context));
      });
    } else if (state === 'planned' && (startsAt ?? 0) <= now) await beginSoon(context, id);
  }
}

/** Within the loop itself: it must not wait for its own next run. */
async function beginSoon(context: Context, id: string): Promise<void> {
  await beginMaintenance({ ...context, loops: { ...context.loops, runOnce: async (name) => context.loops.wake(name) } }, 'firn', id);
}

interface Open {
  readonly row: MaintenanceRow;
  readonly hosts: readonly MaintenanceHostRow[];
  readonly rows: readonly MaintenanceReplicaRow[];
  readonly blockers: readonly MaintenanceBlockerRow[];
}

/** What is under way, and what is over and still has replicas on their way. */
async function readOpen({ store }: Context): Promise<Open[]> {
  return await store.read(async (reader) => {
    const open = (await openMaintenances(reader)).filter(({ state }) => state !== 'planned');
    const late = await maintenancesById(reader, (await maintenancesWithMoves(reader)).filter((id) => !open.some((row) => row.id === id)));
    const all = [...open, ...late];
    const ids = all.map(({ id }) => id);
    const [hosts, rows, blockers] = [await hostsOfMaintenances(reader, ids), await replicasOfMaintenances(reader, ids), await blockersOfMaintenances(reader, ids)];
    const of = <T extends { readonly maintenanceId: string }>(list: readonly T[], id: string) => list.filter((each) => each.maintenanceId === id);
    return all.map((row) => ({ row, hosts: of(hosts, row.id), rows: of(rows, row.id), blockers: of(blockers, row.id) }));
  });
}

async function follow(context: Context, { row, hosts: before, rows: known, blockers: told }: Open, thoughts: Map<string, Thought>): Promise<void> {
  const { store, clock } = context;
  const now = clock.now();
  const present = await context.present.read();
  const hosts = before.map((host) => followHost(host, present.snapshot, now));
  const held = new Set(hosts.filter(({ state }) => state === 'draining').map(({ hostId }) => hostId));
  const late = await strangersOn(context, row, hosts, known, held, now);
  const all = [...known, ...late];
  const followed = await readFollowed(context, present, all, now);
  const moved = all.map((each) => followReplica(each, followed));
  const targets = row.finishedAt === null ? think(row.id, present, held, thoughts) : NOTHING;
  const blockers = targets.blockers.map((blocker) => blockerRow(row.id, blocker, told.find(({ workloadId }) => workloadId === blocker.workloadId), now));
  const next = row.finishedAt === null ? withTargets(moved, targets, (workloadId) => blockers.find((each) => each.workloadId === workloadId)?.sentence, now) : moved;
  const changed = next.filter((each, index) => index >= known.length || JSON.stringify(each) !== JSON.stringify(all[index]));
  const state = row.finishedAt === null ? stateOf(hosts, next, targets) : row.state;
  const news = hosts.filter((host, index) => host !== before[index]);
  const isSame = changed.length === 0 && news.length === 0 && state === row.state && JSON.stringify(blockers) === JSON.stringify(told.toSorted((one, other) => (one.workloadId < other.workloadId ? -1 : 1)));
  if (isSame) return;
  const kept = new Map(all.map((each) => [each.replicaId, each.reservedHostId]));
  const revises = changed.some(({ replicaId, state: now_, reservedHostId }) => now_ === 'waiting' && reservedHostId !== (kept.get(replicaId) ?? null));
  await store.tx(async (tx) => {
    const [still] = await maintenancesById(tx, [row.id]);
    // Somebody ended or changed it meanwhile: the next look sees what they left.
    if (still === undefined || still.finishedAt !== row.finishedAt || still.state !== row.state) return context.loops.wake('maintenance');
    for (const host of news) await putMaintenanceHost(tx, host);
    await putMaintenanceReplicas(tx, changed, { revises });
    if (row.finishedAt !== null) return;
    await replaceBlockers(tx, row.id, blockers);
    await settle(context, tx, row, { state, hosts, blockers, nameOf: (workloadId) => next.find((each) => each.workloadId === workloadId)?.workload ?? workloadId });
    tx.afterCommit(() => revises && context.loops.wake('planner'));
  });
}

/** Replicas on its hosts that have no row: they came there after it began, as a successor that was on its way may. */
async function strangersOn(context: Context, { id }: MaintenanceRow, hosts: readonly MaintenanceHostRow[], known: readonly MaintenanceReplicaRow[], held: ReadonlySet<string>, now: number): Promise<MaintenanceReplicaRow[]> {
  const seen = new Set(known.map(({ replicaId }) => replicaId));
  const rows = await context.store.read((reader) => newRows(reader, id, hosts.filter(({ hostId }) => held.has(hostId)).map(({ hostId, host }) => ({ id: hostId, name: host })), undefined, now));
  return rows.filter(({ replicaId }) => !seen.has(replicaId));
}

async function readFollowed(context: Context, present: Present, rows: readonly MaintenanceReplicaRow[], now: number): Promise<Followed> {
  const moving = rows.flatMap(({ state, replicaId, successorId }) => (state === 'returning' ? [successorId ?? replicaId] : state === 'waiting' || state === 'starting' ? [replicaId] : []));
  const { givenUp, moves } = await context.store.read(async (reader) => ({ givenUp: await lastGivenUp(reader, now - REST_MS), moves: await movesOfReplicas(reader, moving) }));
  const nameOf: Followed['nameOf'] = ({ workloadId, ordinal, id }) => {
    const workload = present.base.workloads.get(workloadId);
    return workload === undefined ? id : replicaName(workload, ordinal);
  };
  return { present, now, serves: (replica) => serves(context, replica), givenUp, restMs: REST_MS, nameOf, moves: new Map(moves.flatMap((move) => (move.outcome === 'given-up' ? [] : [[move.replicaId, move] as const]))) };
}

function think(id: string, present: Present, held: ReadonlySet<string>, thoughts: Map<string, Thought>): DrainTargets {
  if (held.size === 0) return NOTHING;
  const known = thoughts.get(id);
  if (known !== undefined && known.present === present) return known.targets;
  const targets = targetsOf(present.snapshot, held);
  thoughts.set(id, { present, targets });
  return targets;
}

/** Its new state, with the line of history that people wait for. */
async function settle(context: Context, tx: Tx, row: MaintenanceRow, { state, hosts, blockers, nameOf }: { readonly state: MaintenanceRow['state']; readonly hosts: readonly MaintenanceHostRow[]; readonly blockers: readonly MaintenanceBlockerRow[]; readonly nameOf: (workloadId: string) => string }): Promise<void> {
  const now = context.clock.now();
  const scope = scopeText(row.target);
  // Nobody holds any host of it any more: others gave them back or removed them.
  if (hosts.every(({ state: each }) => each === 'gone' || each === 'given-back')) {
    await updateMaintenance(tx, row.id, { state: row.state === 'drained' ? 'ended' : 'cancelled', stateReason: 'its hosts were given back or removed', finishedAt: now, finishedBy: 'firn' });
    return;
  }
  if (state === row.state) return;
  const stateReason = state === 'blocked' ? `${blockers[0]!.count} of ${nameOf(blockers[0]!.workloadId)} cannot leave: ${blockers[0]!.sentence}` : '';
  await updateMaintenance(tx, row.id, { state, stateReason, drainedAt: state === 'drained' ? now : null });
  if (state === 'blocked') await tell(context, tx, row, 'firn', 'blocked', `maintenance of ${scope} is blocked: ${stateReason}`, row.why);
  if (state === 'drained') await tell(context, tx, row, 'firn', 'drained', `${scope} is empty: nothing is to run there any more`, row.why);
}
