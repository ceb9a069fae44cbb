// The loop that decides by itself: what was approved and what is observed -> a plan -> applied at once. It writes no plan when nothing is to
// do, so a replica that waits for room makes a plan when it begins to wait and when it gets room, and none in between.
import { check } from '#scheduler/check.ts';
import { partOf } from '#scheduler/check-part.ts';
import { namesIn } from '#scheduler/explain.ts';
import type { Plan, PlanRefusal, PlanVerb, Replica, Step, Unplaced } from '#scheduler/model.ts';
import type { Solve } from '#scheduler/pack/problem.ts';
import type { DecisionInput } from '#scheduler/questions/model.ts';
import type { Context } from '../context.ts';
import { openAddresses } from '../db/addresses.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { insertPlan, markStale, type PlanRow } from '../db/plans.ts';
import { declineWishes } from '../db/proposal-moves.ts';
import { listReplicas, putReplicas, replicaOf } from '../db/replicas.ts';
import type { Tx } from '../db/store.ts';
import { teamsOf } from '../db/workloads.ts';
import { applyPlan } from './apply.ts';
import { decideOnRecord, isCrowded } from './decision.ts';
import type { Loop } from './driver.ts';
import { declineReturns } from '../maintenance/pace.ts';
import { announceMoves, type MovesNow, readMoves, recordMoves, sameMoves, settleMoves } from './moves.ts';
import type { Present } from './present.ts';
import { fails, serves } from './successors.ts';

/** A wake-up can be lost with the process only; the timer is for what depends on time alone. */
const EVERY_MS = 2_000;
/** Asks that come close together are planned together: soon where little comes, more of them at once where much does. */
const restAfter = (lastMs: number): number => Math.min(200, Math.max(20, 3 * lastMs));

/** Longer than asks of one burst are apart: whoever waits for an answer asks again within it. */
const QUIET_MS = 50;

/** A plan for more workloads than this tells them in its own line only. */
const MOST_WORKLOAD_EVENTS = 50;

/** What the last run found out and did not store, because it is no step: why replicas wait. */
export interface Waiting {
  readonly unplaced: readonly Unplaced[];
  /** Replicas that should run another release and whose successor finds no room. */
  readonly unrenewed?: readonly Unplaced[] | undefined;
  readonly refusals: readonly PlanRefusal[];
  /** The revision that was looked at, what was to be done on it, and how many moves wait for the policy's pace; absent before the first run. */
  readonly parent?: number;
  readonly steps?: readonly Step[];
  readonly postponed?: number | undefined;
  /** Replicas that are too many and go on until clients know them no longer. */
  readonly lingering?: Plan['lingering'];
}

export function plannerLoop(context: Context): Loop {
  let settled: { readonly present: Present; readonly now: MovesNow } | undefined;
  let rest: AtRest | undefined;
  // Loaded when room gets short for the first time.
  let solve: Solve | undefined;
  return {
    name: 'planner',
    everyMs: EVERY_MS,
    restMs: restAfter,
    quietMs: QUIET_MS,
    run: async () => {
      await freeStrandedAddresses(context);
      await settleMoves(context);
      const present = await context.present.read();
      const now = await readMoves(context, present.snapshot.policy.movesPerHour);
      // What waited for its clients may stop, though nothing else changed.
      const isDue = context.linger.dueAt() <= context.clock.now();
      const isSame = !isDue && settled?.present.revision === present.revision && settled.present.fleetVersion === present.fleetVersion && sameMoves(settled.now, now);
      if (isSame) return waits(context.waiting.current);
      let done = await planAndApply(context, now, { rest, solve });
      if (done === 'crowded') {
        solve = await (await import('../solver.ts')).loadSolver();
        done = await planAndApply(context, now, { rest, solve });
      }
      if (done === 'crowded') throw new Error('a solver was loaded, and packing asks for one again');
      if (done === 'stale') {
        context.loops.wake('planner');
        return 'the desired state changed while planning: once more';
      }
      rest = atRest(done, now);
      if (context.linger.leave((done.draft.plan.lingering ?? []).map(({ replicaId }) => replicaId))) context.loops.wake('sites');
      context.waiting.current = done.draft.plan;
      if (done.outcome === 'changed') {
        context.loops.wake('dispatch');
        context.loops.wake('planner');
        return `applied ${done.draft.plan.verb}: ${countText(done.draft.plan.steps)}`;
      }
      settled = { present: done.present, now };
      const { declined = [] } = done.draft.plan;
      await context.store.tx(async (tx) => {
        await markStale(tx, done.present.revision);
        await declineWishes(tx, declined);
        await declineReturns(tx, declined, context.clock.now());
      });
      return waits(done.draft.plan);
    },
  };
}

/** What a run left: every workload decided, but for those that the plan could not serve. */
interface AtRest {
  readonly present: Present;
  readonly now: MovesNow;
  /** Workloads that wait for room or for clients to leave, or cannot be summed: what others free may help them. */
  readonly waiting: readonly string[];
}

/** Undefined where the next run has to look at everything: moves are due or under way, or a host refused its part. */
function atRest({ present, draft: { plan }, outcome, isWhole }: Done, now: MovesNow): AtRest | undefined {
  const isSettled = isWhole && (plan.postponed ?? 0) === 0 && now.wishes.length === 0 && (outcome === 'changed' || plan.steps.length === 0);
  return isSettled ? { present, now, waiting: [...plan.unplaced, ...(plan.unrenewed ?? []), ...plan.refusals, ...(plan.lingering ?? [])].map(({ workloadId }) => workloadId) } : undefined;
}

/**
 * The workloads to look at, where nothing but workloads changed since the last run; undefined: all. What is at rest stays as it is: its demand,
 * its hosts and the rules are the same.
 */
function scopeOf(context: Context, present: Present, now: MovesNow, rest: AtRest | undefined): readonly string[] | undefined {
  if (rest === undefined || rest.present.base.hosts !== present.base.hosts || rest.present.fleetVersion !== present.fleetVersion || !sameMoves(rest.now, now)) return undefined;
  const changed = context.present.changedSince(rest.present.revision);
  if (changed === undefined) return undefined;
  const scope = [...new Set([...changed, ...rest.waiting])];
  return scope.every((id) => present.base.workloads.has(id)) ? scope : undefined;
}

const waits = ({ unplaced, unrenewed = [], refusals, postponed = 0, lingering = [] }: Waiting): string => {
  const replicas = unplaced.reduce((sum, { count }) => sum + count, 0);
  if (postponed > 0) return `${postponed} moves are due and wait for the pace of the policy, for successors that start, or for a rest`;
  if (lingering.length > 0) return `nothing to do now: ${lingering.length} replicas are too many, and stop when clients know them no longer`;
  const successors = unrenewed.reduce((sum, { count }) => sum + count, 0);
  if (successors > 0) return `nothing to do now: ${successors} replicas should run another release, and no successor finds room beside them`;
  return replicas === 0 && refusals.length === 0 ? 'nothing to do: everything that should run has its host' : `nothing to do now: ${replicas} replicas wait for room, ${refusals.length} asks cannot be summed`;
};

export interface Draft {
  readonly plan: Plan;
  /** What it was made from, besides the snapshot. */
  readonly input: DecisionInput;
  readonly plannedMs: number;
  /** Names of what the plan speaks about, by id. */
  readonly names: Record<string, string>;
  readonly hostStates: PlanRow['hostStates'];
}

/**
 * A plan for the present; stores and changes nothing.
 * @param terms scope: workloads to decide, absent: all; solve: pack a batch where one after the other leaves some without room
 */
export function propose(context: Context, present: Present, { moves, limits, resting, wishes }: MovesNow, { scope, solve }: { readonly scope?: readonly string[] | undefined; readonly solve?: Solve | undefined } = {}): Draft {
  const { ids, clock } = context;
  const started = performance.now();
  const options = { seed: present.revision, newId: () => ids.next(), wishes, moves, limits, resting, serves: (replica: Replica) => serves(context, replica), fails: (replica: Replica) => fails(context, replica), lingers: (replica: Replica) => serves(context, replica) && context.linger.lingers(replica, clock.now()), scope };
  const inTurn = decideOnRecord(present.base, options);
  const { plan: made, input } = solve !== undefined && isCrowded(inTurn.plan) ? decideOnRecord(present.base, { ...options, solve }) : inTurn;
  const plan = { ...made, verb: verbOf(made) };
  const { hosts } = present.snapshot;
  return {
    plan,
    input,
    plannedMs: performance.now() - started,
    names: namesIn(plan, present.snapshot),
    hostStates: Object.fromEntries(hosts.flatMap(({ id, state }) => (state === 'ready' ? [] : [[id, state]]))),
  };
}

/** The most urgent of what the steps do names the plan. */
function verbOf(plan: Plan): PlanVerb {
  const codes = new Set(plan.steps.map(({ reason }) => reason.code));
  if (codes.has('host-lost') || codes.has('host-gone')) return 'heal';
  if (codes.has('asked') || codes.has('capacity-appeared')) return 'place';
  if (codes.size > 0 && [...codes].every((code) => code === 'removed')) return 'remove';
  if (codes.has('drained')) return 'drain';
  if (codes.has('policy')) return 'policy';
  if (codes.has('wished')) return 'defragment';
  if (codes.has('released')) return 'release';
  return codes.size === 0 ? 'place' : 'scale';
}

export function planRow({ ids, clock }: Context, { plan, plannedMs, names, hostStates }: Draft, createdBy: string): PlanRow {
  return {
    id: ids.next(),
    parent: plan.parent,
    verb: plan.verb,
    state: 'proposed',
    cause: causeOf(plan),
    createdBy,
    createdAt: clock.now(),
    appliedAt: null,
    revision: null,
    body: plan,
    names,
    hostStates,
    refused: {},
    plannedMs,
  };
}

function causeOf({ steps }: Plan): string {
  const causes = [...new Set(steps.map(({ reason }) => reason.detail))];
  return causes.length === 0 ? 'nothing is to be done' : `${causes.slice(0, 3).join('; ')}${causes.length > 3 ? ` and ${causes.length - 3} more` : ''}`;
}

interface Done {
  /** That it was decided on. */
  readonly present: Present;
  readonly draft: Draft;
  readonly outcome: 'changed' | 'unchanged';
  /** Every step was accepted. */
  readonly isWhole: boolean;
}

/**
 * Decides and applies in one transaction, so that nobody's ask can come in between; deciding takes no time that anybody else could use.
 * @returns `stale` where the present has to be read anew, `crowded` where a solver may find room for more and none was given
 */
async function planAndApply(context: Context, now: MovesNow, { rest, solve }: { readonly rest: AtRest | undefined; readonly solve: Solve | undefined }): Promise<Done | 'stale' | 'crowded'> {
  const done = await context.store.tx(async (tx) => {
    const present = context.present.newestAt((await readCluster(tx)).revision);
    if (present === undefined) return 'stale';
    const draft = propose(context, present, now, { scope: scopeOf(context, present, now, rest), solve });
    if (solve === undefined && isCrowded(draft.plan)) return 'crowded';
    const unchanged = { present, draft, outcome: 'unchanged' as const, isWhole: true, row: undefined, messages: [] };
    if (draft.plan.steps.length === 0) return unchanged;
    const row = planRow(context, draft, 'firn');
    const part = partOf(present.snapshot, draft.plan);
    const violations = check(part.snapshot, part.plan, new Set(draft.input.silent));
    if (violations.length > 0) return { ...unchanged, isWhole: false, row, messages: violations.map(({ subject, message }) => `${subject}: ${message}`) };
    const { refused, revision } = await applyPlan(context, tx, draft.plan);
    const isWhole = Object.keys(refused).length === 0;
    await insertPlan(tx, { ...row, state: isWhole ? 'applied' : 'partly-applied', appliedAt: context.clock.now(), revision, refused });
    await recordMoves(context, tx, draft.plan, refused);
    await declineWishes(tx, draft.plan.declined ?? []);
    await declineReturns(tx, draft.plan.declined ?? [], context.clock.now());
    await announce(context, tx, row, refused, 'firn');
    return { present, draft, outcome: revision === draft.plan.parent ? ('unchanged' as const) : ('changed' as const), isWhole, row, messages: [] };
  });
  if (done === 'stale' || done === 'crowded') return done;
  const { row, messages, ...outcome } = done;
  if (row !== undefined && messages.length > 0) await refuse(context, row, messages);
  if (row !== undefined) await context.recorder.note(row.id, done.present, done.draft.input);
  return outcome;
}

/** The checker found the planner wrong: nothing is applied, and everybody hears of it. */
async function refuse({ store, clock, log }: Context, row: PlanRow, messages: readonly string[]): Promise<void> {
  log.error({ plan: row.id, violations: messages.slice(0, 20) }, 'plan.violates');
  await store.tx(async (tx) => {
    await insertPlan(tx, { ...row, state: 'refused' });
    await appendEvent(tx, { at: clock.now(), actor: 'firn', kind: 'plan.refused', subjectType: 'plan', subjectId: row.id, subject: `plan ${row.verb}`, message: `a plan that breaks an invariant was not applied: this is a fault of the program`, why: messages.slice(0, 5).join('; ') });
  });
}

/** The plan's line of history, and one for each workload that it changed. */
export async function announce(context: Context, tx: Tx, row: PlanRow, refused: Readonly<Record<string, string>>, actor: string): Promise<void> {
  const at = context.clock.now();
  const refusals = Object.values(refused);
  await appendEvent(tx, {
    at,
    actor,
    kind: refusals.length > 0 ? 'plan.partly-applied' : 'plan.applied',
    subjectType: 'plan',
    subjectId: row.id,
    subject: `plan ${row.verb}`,
    message: `${row.verb}: ${countText(row.body.steps)}${refusals.length > 0 ? `, ${refusals.length} refused: ${[...new Set(refusals)].slice(0, 3).join('; ')}` : ''}`,
    why: row.cause,
  });
  await announceWorkloads(tx, row, refused, actor, at);
  await announceMoves(context, tx, row.body, refused, actor);
}

/** One line for each workload, so that its own history tells it; with very many at once the plan itself has to. */
async function announceWorkloads(tx: Tx, row: PlanRow, refused: Readonly<Record<string, string>>, actor: string, at: number): Promise<void> {
  const groups = [...Map.groupBy(row.body.steps.filter(({ replica }) => refused[replica.id] === undefined), ({ replica }) => replica.workloadId)].slice(0, MOST_WORKLOAD_EVENTS);
  const teams = await teamsOf(tx, groups.map(([id]) => id));
  for (const [id, steps] of groups) {
    const subject = row.names[id] ?? id;
    const hosts = [...new Set(steps.flatMap((step) => (step.kind === 'start' || step.kind === 'move' ? [row.names[step.hostId] ?? step.hostId] : [])))];
    const where = hosts.length === 0 ? '' : ` on ${hosts.slice(0, 5).join(', ')}${hosts.length > 5 ? ` and ${hosts.length - 5} more` : ''}`;
    await appendEvent(tx, { at, actor, kind: 'workload.changed', subjectType: 'workload', subjectId: id, subject, team: teams.get(id) ?? null, message: `${subject}: ${countText(steps)}${where}`, why: [...new Set(steps.map(({ reason }) => reason.detail))].slice(0, 3).join('; ') });
  }
}

const PAST = { start: 'started', move: 'moved', resize: 'resized', renew: 'renewed', stop: 'stopped', wait: 'waiting for room' } as const;

function countText(steps: readonly Step[]): string {
  const counts = Map.groupBy(steps, ({ kind }) => kind);
  return [...counts].map(([kind, list]) => `${list.length} ${PAST[kind]}`).join(', ');
}

/**
 * A replica that moved with its address waits until the old host lets go of it. Where that host is lost meanwhile, it would wait for ever: it
 * is made pending, and gets another address.
 */
async function freeStrandedAddresses(context: Context): Promise<void> {
  const { fleet, store, clock } = context;
  if (![...fleet.all()].some(({ state }) => state === 'lost')) return;
  const stranded = await store.read(async (reader) => {
    const held = new Map((await openAddresses(reader)).filter(({ hostId, letGoAt }) => letGoAt !== null && fleet.stateOf(hostId) === 'lost').map((row) => [row.address, row]));
    return held.size === 0 ? [] : (await listReplicas(reader)).filter((row) => row.address !== null && held.get(row.address)?.replicaId === row.id && held.get(row.address)?.hostId !== row.hostId);
  });
  if (stranded.length === 0) return;
  await store.tx(async (tx) => {
    const ids = new Set(stranded.map(({ id }) => id));
    const current = (await listReplicas(tx)).filter((row) => ids.has(row.id) && stranded.some((each) => each.id === row.id && each.address === row.address && each.hostId === row.hostId));
    await putReplicas(tx, current.map((row) => ({ ...replicaOf(row), hostId: null, address: null })), clock.now());
  });
}
