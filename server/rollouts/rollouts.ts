// What people do with rollouts: start one, act on one, roll back. Every verb is checked by the same rules that stand beside its button, in the
// transaction that carries it out; the loop goes on from there.
import { act, begin } from '#scheduler/rollout/act.ts';
import type { Strategy, Verb } from '#scheduler/rollout/model.ts';
import type { Context } from '../context.ts';
import { replicaOf, replicasOfWorkloads } from '../db/replicas.ts';
import { releaseById, releasesOf } from '../db/releases.ts';
import { lastSucceeded, putRollout, type RolloutRow, rolloutUnderWay } from '../db/rollouts.ts';
import type { Reader, Tx } from '../db/store.ts';
import { type ReleaseRow, workloadById, workloadName, type WorkloadRow } from '../db/workloads.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import type { Preflight, RolloutAsk } from '../http/contract/releases.ts';
import { blockersOf, imageBlockers } from '../releases/blockers.ts';
import { hostsConcerned } from './images.ts';
import { lookAt, tell } from './look.ts';
import { preflightOf, roomToReturn } from './preflight.ts';
import { otherText, refuseBlocked, type Starter } from './rules.ts';
import { checkStrategy, returnStrategy, usualStrategy } from './strategy.ts';
import type { Actor } from '../requests/submit.ts';

/** The strategy of an ask: what it says, or what is usual where the release goes. @throws InvalidError as checkStrategy says */
export function strategyOf(workload: Pick<WorkloadRow, 'environment'>, { strategy }: Pick<RolloutAsk, 'strategy'>): Strategy {
  return strategy === undefined ? usualStrategy(workload.environment) : checkStrategy(strategy);
}

/**
 * Starts to roll a release out.
 * @throws ConflictError where another rollout is under way (whose, and since when), or something stands in its way that was not passed over;
 *   ForbiddenError where it may not be passed over by this person; InvalidError by field
 */
export async function startRollout(context: Context, starter: Starter, release: ReleaseRow, ask: RolloutAsk): Promise<RolloutRow> {
  const workload = await context.store.read((reader) => workloadById(reader, release.workloadId));
  if (workload === undefined) throw new NotFoundError('workload-unknown', `The workload of release ${release.version} was given back.`);
  const strategy = strategyOf(workload, ask);
  const thought = await preflightOf(context, workload, release, strategy);
  return await context.store.tx(async (tx) => {
    const now = await requireWorkload(tx, workload.id);
    await refuseOther(tx, now);
    if (now.releaseId === release.id) throw new ConflictError('release-current', `${workloadName(now)} is on version ${release.version} already.`);
    const preflight = withNewest(thought, await blockersOf(context, tx, now, release));
    refuseBlocked(preflight, starter, ask);
    const overridden = preflight.blockers.filter(({ code }) => ask.override.includes(code));
    const why = overridden.length === 0 ? ask.why : `${ask.why} (passed over: ${overridden.map(({ code }) => code).join(', ')})`;
    return await insert(context, tx, now, { kind: 'release', release, strategy, preflight, readiness: preflight.readiness ?? null, actor: starter.name, why });
  });
}

/** With what has come into the way since: a lock of a moment ago. */
function withNewest(preflight: Preflight, blockers: Preflight['blockers']): Preflight {
  const known = new Set(preflight.blockers.map(({ code }) => code));
  return { ...preflight, blockers: [...preflight.blockers, ...blockers.filter(({ code }) => !known.has(code))] };
}

async function requireWorkload(reader: Reader, id: string): Promise<WorkloadRow> {
  const workload = await workloadById(reader, id);
  if (workload === undefined) throw new NotFoundError('workload-unknown', `There is no workload ${id}.`);
  return workload;
}

/** A workload goes one way at a time. */
async function refuseOther(reader: Reader, workload: WorkloadRow): Promise<void> {
  const other = await rolloutUnderWay(reader, workload.id);
  if (other !== undefined) throw new ConflictError('rollout-under-way', await otherText(reader, workload, other));
}

interface New {
  readonly kind: RolloutRow['kind'];
  readonly release: ReleaseRow;
  readonly strategy: Strategy;
  readonly preflight: Preflight | null;
  readonly readiness: RolloutRow['readiness'];
  readonly actor: string;
  readonly why: string;
}

async function insert(context: Context, tx: Tx, workload: WorkloadRow, { kind, release, strategy, preflight, readiness, actor, why }: New): Promise<RolloutRow> {
  const now = context.clock.now();
  const row: RolloutRow = { id: context.ids.next(), workloadId: workload.id, kind, fromReleaseId: workload.releaseId, toReleaseId: release.id, strategy, state: begin(strategy, now, { kind }), preflight, readiness, startedBy: actor, startedAt: now, endedAt: null, why };
  await putRollout(tx, row);
  const message = kind === 'rollback' ? `${actor} rolls it back` : `${actor} started it in ${strategy.steps.length === 1 ? '1 step' : `${strategy.steps.length} steps`}`;
  await tell(context, tx, { row, workload, seen: { releases: new Map([[release.id, release]]) } }, { kind: 'rollout.started', message, actor, why });
  const replicas = (await replicasOfWorkloads(tx, [workload.id])).map((each) => replicaOf(each));
  tx.changed('hosts', ...hostsConcerned(row, replicas));
  tx.afterCommit(() => {
    for (const loop of ['rollouts', 'dispatch', 'planner'] as const) context.loops.wake(loop);
  });
  return row;
}

const DONE: Readonly<Record<Verb, string>> = { pause: 'paused it', resume: 'resumed it', promote: 'promoted it to the next step', accept: 'accepted what the gate holds', abort: 'aborted it before anything of it served', 'roll-back': 'rolled it back' };

/** @throws NotFoundError, ConflictError `rollout-state` with the sentence that stands beside the button */
export async function actOnRollout(context: Context, actor: Actor, id: string, verb: Verb, why: string): Promise<RolloutRow> {
  const row = await lookAt(context, id, ({ strategy, state }, observation) => {
    const next = act(strategy, state, verb, observation);
    if (typeof next === 'string') throw new ConflictError('rollout-state', next);
    const said = verb === 'roll-back' ? { ...next, trouble: `${actor.name} rolled it back${why === '' ? '' : `: ${why}`}` } : next;
    return { state: said, actor: actor.name, event: { kind: `rollout.${verb}`, message: `${actor.name} ${DONE[verb]}` }, why };
  });
  if (row === undefined) throw new NotFoundError('rollout-unknown', `There is no rollout ${id}.`);
  context.loops.wake('rollouts');
  return row;
}

/**
 * Back, at once: what is under way turns round; else a rollout of its own goes back to an earlier release, forced.
 * @throws ConflictError `image-gone`, naming the image; NotFoundError where there is nothing to go back to
 */
export async function rollBack(context: Context, actor: Actor, workloadId: string, { releaseId, why }: { readonly releaseId?: string | undefined; readonly why: string }): Promise<RolloutRow> {
  const { workload, under, target } = await context.store.read(async (reader) => {
    const workload = await requireWorkload(reader, workloadId);
    const under = await rolloutUnderWay(reader, workloadId);
    return { workload, under, target: under === undefined ? await targetOf(reader, workload, releaseId) : undefined };
  });
  if (under !== undefined) {
    if (releaseId !== undefined && releaseId !== under.fromReleaseId) throw new ConflictError('rollout-under-way', `${workloadName(workload)} is being rolled out: it can only go back to the release that it comes from; roll back to an older one afterwards.`);
    return await actOnRollout(context, actor, under.id, 'roll-back', why);
  }
  const hasRoom = await roomToReturn(context, workload);
  return await context.store.tx(async (tx) => {
    const now = await requireWorkload(tx, workloadId);
    await refuseOther(tx, now);
    const [blocker] = await imageBlockers(context, tx, now, target!);
    if (blocker !== undefined) throw new ConflictError(blocker.code, blocker.message);
    return await insert(context, tx, now, { kind: 'rollback', release: target!, strategy: returnStrategy(usualStrategy(now.environment), hasRoom), preflight: null, readiness: null, actor: actor.name, why });
  });
}

/** The release that is named, or the one that ran before. */
async function targetOf(reader: Reader, workload: WorkloadRow, releaseId: string | undefined): Promise<ReleaseRow> {
  if (releaseId !== undefined) {
    const named = await releaseById(reader, releaseId);
    if (named === undefined || named.workloadId !== workload.id) throw new NotFoundError('release-unknown', `${workloadName(workload)} has no release ${releaseId}.`);
    if (named.id === workload.releaseId) throw new ConflictError('release-current', `${workloadName(workload)} is on version ${named.version} already.`);
    return named;
  }
  const before = await releaseBefore(reader, workload);
  if (before === undefined) throw new NotFoundError('no-earlier-release', `${workloadName(workload)} has run no other release: there is nothing to go back to.`);
  return before;
}

/** What the workload ran before its present release: where its last rollout came from, else the version before. */
export async function releaseBefore(reader: Reader, workload: WorkloadRow): Promise<ReleaseRow | undefined> {
  const last = await lastSucceeded(reader, workload.id);
  if (last !== undefined && last.toReleaseId === workload.releaseId && last.kind === 'release') return await releaseById(reader, last.fromReleaseId);
  const current = await releaseById(reader, workload.releaseId);
  const [older] = current === undefined ? [] : await releasesOf(reader, workload.id, { limit: 1, before: current.version });
  return older;
}
