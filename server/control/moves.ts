// Moves of serving replicas as the planner carries them out: how many may begin now, which replicas rest, and what came of those that are
// under way. Everything is counted from what is stored, so that a restart forgets nothing.
import type { Plan, Replica, Wish } from '#scheduler/model.ts';
import type { MoveLimit } from '#scheduler/pace.ts';
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { hostById } from '../db/hosts.ts';
import { countMovesBegun, endMoves, insertMovesBegun, listMovesUnderWay, type MoveRow, movesGivenUp } from '../db/moves.ts';
import { forcedHosts } from '../db/maintenance.ts';
import { openWishes } from '../db/proposal-moves.ts';
import { listSuccessors, replicaById, replicasOfHost, replicasOfWorkloads } from '../db/replicas.ts';
import { listRolloutsUnderWay } from '../db/rollouts-under-way.ts';
import type { Reader, Tx } from '../db/store.ts';
import { workloadById } from '../db/workloads.ts';
import { HOUR_MS, maintenanceLimits, returnWishes, STRETCHES } from '../maintenance/pace.ts';
import { replicaName } from './names.ts';
import { fails, serves, successorState } from './successors.ts';

/** Each successor holds room twice and pulls an image: more at a time would make all of them late. */
export const MOST_UNDER_WAY = 10;
/** A replica whose successor failed is not tried again for this long: what hindered it is seldom gone sooner. */
export const REST_MS = 600_000;

export interface MovesNow {
  /** Hosts that are emptied at a pace of their own. */
  readonly limits?: readonly MoveLimit[];
  /** How many may begin. */
  readonly moves: number;
  /** Replicas that begin none. */
  readonly resting: ReadonlySet<string>;
  readonly wishes: readonly Wish[];
}

/** What the policy's pace, people's proposals and shifts of traffic leave to be moved now. */
export async function readMoves({ store, clock, shifting }: Context, movesPerHour: number): Promise<MovesNow> {
  const now = clock.now();
  return await store.read(async (reader) => {
    const left = movesPerHour - (await countMovesBegun(reader, now - HOUR_MS));
    const soon = Math.ceil(movesPerHour / STRETCHES) - (await countMovesBegun(reader, now - HOUR_MS / STRETCHES));
    const free = MOST_UNDER_WAY - (await listMovesUnderWay(reader)).length;
    const wishes = [...(await openWishes(reader)), ...(await returnWishes(reader)), ...shifting.wishes];
    return { moves: Math.max(0, Math.min(left, soon, free)), limits: await maintenanceLimits(reader, now), resting: new Set(await movesGivenUp(reader, now - REST_MS)), wishes };
  });
}

/** Two of these that are equal let the planner decide the same. */
export function sameMoves(one: MovesNow, other: MovesNow): boolean {
  const text = ({ moves, limits, resting, wishes }: MovesNow) => JSON.stringify([moves, limits, [...resting], wishes]);
  return text(one) === text(other);
}

/** Writes down which moves a plan that was applied began. */
export async function recordMoves({ ids, clock, fleet }: Context, tx: Tx, { steps }: Plan, refused: Readonly<Record<string, string>>): Promise<void> {
  const begun: Omit<MoveRow, 'endedAt' | 'outcome'>[] = [];
  const begunAt = clock.now();
  const forced = await forcedHosts(tx);
  for (const step of steps) {
    if (refused[step.replica.id] !== undefined) continue;
    const common = { workloadId: step.replica.workloadId, begunAt };
    if (step.kind === 'start' && step.replica.successor !== undefined) {
      const { replaces } = step.replica.successor;
      const leaving = await replicaById(tx, replaces);
      // Another release has its own surge, and keeps no pace.
      if (leaving !== undefined && leaving.releaseId !== step.replica.releaseId) continue;
      begun.push({ id: ids.next(), ...common, replicaId: replaces, successorId: step.replica.id, fromHostId: leaving?.hostId ?? '', toHostId: step.hostId });
    }
    // What leaves a lost host is healed, and what leaves a forced one is lost knowingly: neither is paced.
    if (step.kind === 'move' && !forced.has(step.fromHostId) && fleet.get(step.fromHostId) !== undefined && fleet.stateOf(step.fromHostId) !== 'lost') {
      begun.push({ id: ids.next(), ...common, replicaId: step.replica.id, successorId: step.replica.id, fromHostId: step.fromHostId, toHostId: step.hostId });
    }
  }
  await insertMovesBegun(tx, begun);
}

/** Ends the moves of which one can tell what came. */
export async function settleMoves(context: Context): Promise<void> {
  const { store, clock } = context;
  const found = await store.read(async (reader) => {
    const ends: { readonly id: string; readonly outcome: NonNullable<MoveRow['outcome']> }[] = [];
    for (const move of await listMovesUnderWay(reader)) {
      const outcome = await outcomeOf(context, reader, move);
      if (outcome !== undefined) ends.push({ id: move.id, outcome });
    }
    return ends;
  });
  if (found.length === 0) return;
  await store.tx(async (tx) => {
    for (const outcome of ['succeeded', 'given-up'] as const) await endMoves(tx, found.filter((each) => each.outcome === outcome).map(({ id }) => id), outcome, clock.now());
  });
}

async function outcomeOf(context: Context, reader: Reader, { replicaId, successorId, toHostId, begunAt }: MoveRow): Promise<NonNullable<MoveRow['outcome']> | undefined> {
  const successor = await replicaById(reader, successorId);
  if (successor === undefined || successor.hostId !== toHostId) return 'given-up';
  if (successorId !== replicaId) return successor.replaces === null ? 'succeeded' : undefined;
  if (serves(context, successor)) return 'succeeded';
  return context.clock.now() - begunAt > context.config.startDeadlineMs ? 'given-up' : undefined;
}

/** Says which successors were given up and why, as far as their hosts tell; and which drained hosts a plan emptied. */
export async function announceMoves(context: Context, tx: Tx, plan: Plan, refused: Readonly<Record<string, string>>, actor: string): Promise<void> {
  const at = context.clock.now();
  const done = plan.steps.filter(({ replica }) => refused[replica.id] === undefined);
  for (const { replica, reason } of done) {
    if (reason.code !== 'given-up') continue;
    const workload = await workloadById(tx, replica.workloadId);
    const name = workload === undefined ? replica.id : replicaName(workload, replica.ordinal);
    const message = `${name} was to take over and was given up: ${reason.detail}`;
    await appendEvent(tx, { at, actor, kind: 'replica.given-up', subjectType: 'replica', subjectId: replica.id, subject: name, team: workload?.team ?? null, message, why: lastSeen(context, replica) });
  }
  const left = new Set(done.flatMap((step) => (step.kind === 'stop' ? [step.hostId] : step.kind === 'move' ? [step.fromHostId] : [])));
  for (const hostId of left) {
    const host = hostId === null ? undefined : await hostById(tx, hostId);
    if (host === undefined || host.drainReason === null || (await replicasOfHost(tx, host.id)).length > 0) continue;
    await appendEvent(tx, { at, actor, kind: 'host.drained', subjectType: 'host', subjectId: host.id, subject: host.name, message: `${host.name} is drained: nothing is to run there any more`, why: host.drainReason });
  }
}

function lastSeen({ fleet }: Context, { id, hostId }: Replica): string {
  const seen = hostId === null ? undefined : fleet.get(hostId)?.replicas.get(id);
  if (seen === undefined) return 'its host has not said anything of it';
  return `its host says it is ${seen.state}${seen.reason === undefined ? '' : `: ${seen.reason}`}`;
}

/** What hosts said of successors, and of replicas between two releases, when somebody looked last. */
export type KnownSuccessors = Map<string, string>;

/**
 * Tells the planner when a successor begins to serve, stops serving or is overdue, and when any replica of a workload between two releases does.
 * @param known is brought up to date
 */
export async function watchSuccessors(context: Context, known: KnownSuccessors): Promise<void> {
  const { rows, rollouts, others } = await context.store.read(async (reader) => {
    const underWay = new Map((await listRolloutsUnderWay(reader)).map((row) => [row.workloadId, row]));
    return { rows: await listSuccessors(reader), rollouts: underWay, others: underWay.size === 0 ? [] : await replicasOfWorkloads(reader, [...underWay.keys()]) };
  });
  // With its release: a replica may have changed that between two looks, and serve again.
  const states = new Map<string, string>(others.map((row) => [row.id, serves(context, row) ? `serving ${row.releaseId}` : fails(context, row) ? `failing ${row.releaseId}` : 'starting']));
  for (const row of rows) states.set(row.id, successorState(context, row, rollouts.get(row.workloadId)));
  const isNews = [...states].some(([id, state]) => (known.get(id) ?? 'starting') !== state);
  known.clear();
  for (const [id, state] of states) known.set(id, state);
  if (!isNews) return;
  context.fleet.touch();
  context.loops.wake('planner');
}
