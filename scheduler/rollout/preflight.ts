// Whether a rollout would find its room, before it starts: every step is lived through with the code that decides for real, each on what the one
// before left, as if every successor served at once. Takes a base, a workload and a strategy; gives for each step where its replicas would run, or
// why not, and what would help. Changes nothing. Addresses that a step frees are not given out again, as in quarantine.
import { advance } from '../advance.ts';
import { afterStep } from '../apply-plan.ts';
import { amount, eliminationText } from '../explain.ts';
import type { Plan, Replica, Rollout, Unplaced, Workload } from '../model.ts';
import type { Base } from '../prepare.ts';
import { buy } from '../questions/buy.ts';
import { QuestionError } from '../questions/question-error.ts';
import { byText } from '../resources.ts';
import { decide } from '../schedule.ts';
import type { Strategy } from './model.ts';
import { ALL, NONE, resolve } from './share.ts';

export interface PreflightStep {
  /** Replicas that should run the new release. */
  readonly target: number;
  /** Most replicas beyond the workload's number at once. */
  readonly beside: number;
  readonly fits: boolean;
  /** Where replicas of the new release would start in this step, by host id. */
  readonly hosts: readonly { readonly hostId: string; readonly host: string; readonly replicas: number }[];
  readonly sentence: string;
}

export interface Advice {
  readonly code: 'stop-first' | 'smaller-surge' | 'buy' | 'wait';
  readonly sentence: string;
}

export interface Preflight {
  /** That the workload should have now. */
  readonly replicas: number;
  readonly steps: readonly PreflightStep[];
  readonly fits: boolean;
  readonly advice: readonly Advice[];
}

/** Plans that are made for one preflight at most: a surge of one on a thousand replicas would take two thousand. What is left goes as it went so far. */
const MOST_ROUNDS = 400;
/** On larger fleets trying what to buy would take seconds. */
const MOST_HOSTS_TO_BUY_FOR = 2_000;

/** @throws RangeError for a workload that the base does not know */
export function preflight(base: Base, workloadId: string, { releaseId, strategy }: { readonly releaseId: string; readonly strategy: Strategy }): Preflight {
  const workload = workloadIn(base, workloadId);
  const trial: Trial = { base, workload, rounds: 0, created: 0 };
  const steps: PreflightStep[] = [];
  let most = 0;
  let isShort = false;
  let why: Unplaced | undefined;
  for (const { target } of strategy.steps) {
    const rollout: Rollout = { id: 'preflight', releaseId, target, order: strategy.order, surge: strategy.surge, unavailable: strategy.unavailable };
    const lived = live(trial, rollout);
    steps.push(shown(trial, lived, rollout));
    most = Math.max(most, lived.beside);
    isShort ||= lived.isShort;
    why ??= lived.stuck;
  }
  const fits = steps.every((step) => step.fits);
  const replicas = unitsOf(trial).length;
  return { replicas, steps, fits, advice: fits ? (isShort ? [smallerSurge(most, resolve(strategy.surge, replicas))] : []) : adviceFor(base, workload, { strategy, replicas, why }) };
}

/** Whether everything that runs the release of the rollout under way, or without one everything, could be replaced at once, without stopping first. */
export function roomToGoBack(base: Base, workloadId: string): boolean {
  const workload = workloadIn(base, workloadId);
  const way: Rollout = { id: 'back', releaseId: workload.rollout?.releaseId ?? `not ${workload.releaseId}`, target: workload.rollout === undefined ? ALL : NONE, order: 'start-first', surge: ALL, unavailable: { count: 1 } };
  const plan = planOf({ base, workload, rounds: 0, created: 0 }, way);
  return plan.unrenewed === undefined;
}

function workloadIn(base: Base, workloadId: string): Workload {
  const workload = base.workloads.get(workloadId);
  if (workload === undefined) throw new RangeError(`the snapshot has no workload ${workloadId}`);
  return workload;
}

/** The world as the steps so far leave it. */
interface Trial {
  base: Base;
  readonly workload: Workload;
  rounds: number;
  /** Replicas made so far: ids are never given twice. */
  created: number;
}

interface Lived {
  readonly beside: number;
  /** Some successors of a plan found room and others had to wait for them. */
  readonly isShort: boolean;
  /** What found no room at the end. */
  readonly stuck: Unplaced | undefined;
  readonly hosts: ReadonlyMap<string, number>;
}

function live(trial: Trial, rollout: Rollout): Lived {
  const hosts = new Map<string, number>();
  let beside = 0;
  let isShort = false;
  for (; trial.rounds < MOST_ROUNDS; trial.rounds += 1) {
    const plan = planOf(trial, rollout);
    if (plan.steps.length === 0) return { beside, isShort: isShort && plan.unrenewed === undefined, stuck: plan.unrenewed?.[0], hosts };
    isShort ||= plan.unrenewed !== undefined;
    apply(trial, rollout, plan);
    for (const step of plan.steps) if ((step.kind === 'start' || step.kind === 'renew') && step.replica.releaseId === rollout.releaseId) hosts.set(step.hostId, (hosts.get(step.hostId) ?? 0) + 1);
    beside = Math.max(beside, (trial.base.replicasOf.get(trial.workload.id) ?? []).filter(({ successor }) => successor !== undefined).length);
  }
  return { beside, isShort, stuck: undefined, hosts };
}

/** What the planner would do next; moves wait, since they have nothing to do with it. */
function planOf(trial: Trial, rollout: Rollout): Plan {
  const { id } = trial.workload;
  return decide(trial.base, [{ ...trial.workload, rollout }], { verb: 'release', seed: 0, moves: 0, newId: (workloadId, ordinal) => `${workloadId}#${ordinal}/${(trial.created += 1)}` }, [id]);
}

/** Carries a plan out; every successor serves at once. */
function apply(trial: Trial, rollout: Rollout, { steps }: Plan): void {
  const { base, workload } = trial;
  const present = new Map((base.replicasOf.get(workload.id) ?? []).map((replica) => [replica.id, replica]));
  const removed = steps.filter(({ kind }) => kind === 'stop').map(({ replica }) => replica);
  for (const { id } of removed) present.delete(id);
  for (const step of steps) {
    const after = afterStep(step);
    if (after !== undefined) present.set(after.id, after);
  }
  const put = [...present.values()].map((replica) => served(replica, present));
  trial.base = advance(base, { revision: base.snapshot.revision + 1, workloads: { put: [{ ...workload, rollout }], removed: [] }, replicas: { put, removed } });
}

function served(replica: Replica, present: ReadonlyMap<string, Replica>): Replica {
  const { successor, ...rest } = replica;
  if (successor === undefined) return replica;
  return present.has(successor.replaces) ? { ...replica, successor: { ...successor, state: 'serving' } } : rest;
}

function unitsOf({ base, workload }: Trial): Replica[] {
  const replicas = base.replicasOf.get(workload.id) ?? [];
  const replaced = new Set(replicas.flatMap(({ successor }) => successor?.replaces ?? []));
  return replicas.filter(({ id }) => !replaced.has(id));
}

function shown(trial: Trial, { beside, stuck, hosts }: Lived, rollout: Rollout): PreflightStep {
  const units = unitsOf(trial);
  const target = resolve(rollout.target, units.length);
  const { hosts: all, hostIndex } = trial.base;
  const list = [...hosts].sort(([one], [other]) => byText(one, other)).map(([hostId, replicas]) => ({ hostId, host: all[hostIndex.get(hostId)!]!.name, replicas }));
  return { target, beside, fits: stuck === undefined, hosts: list, sentence: sentenceOf({ target, of: units.length, beside, stuck, names: list.map(({ host }) => host) }, rollout) };
}

interface Told {
  readonly target: number;
  readonly of: number;
  readonly beside: number;
  readonly stuck: Unplaced | undefined;
  readonly names: readonly string[];
}

function sentenceOf({ target, of, beside, stuck, names }: Told, { order, unavailable }: Rollout): string {
  const head = `${target} of ${amount(of, 'replica')} on the new release`;
  if (stuck !== undefined) return `${head}: ${amount(stuck.count, 'replica')} cannot change, no room for a successor. ${stuck.eliminations.map(eliminationText).join('; ')}.`;
  const where = names.length === 0 ? 'nothing changes' : `on ${names.slice(0, 8).join(', ')}${names.length > 8 ? ` and ${names.length - 8} more` : ''}`;
  const how = order === 'stop-first' ? `at most ${Math.max(1, resolve(unavailable, of))} missing at once` : `at most ${beside} beside the others`;
  return `${head}: ${where}, ${how}.`;
}

function smallerSurge(reached: number, asked: number): Advice {
  return { code: 'smaller-surge', sentence: `Of the ${asked} successors at once that the surge allows only ${reached} find room: it goes on in turns of ${reached}, and takes longer.` };
}

function adviceFor(base: Base, workload: Workload, { strategy, replicas, why }: { readonly strategy: Strategy; readonly replicas: number; readonly why: Unplaced | undefined }): Advice[] {
  const advice: Advice[] = [];
  if (strategy.order === 'start-first') {
    advice.push({ code: 'stop-first', sentence: `Stop-first needs no room: at most ${Math.max(1, resolve(strategy.unavailable, replicas))} of ${amount(replicas, 'replica')} would be missing at once.` });
  }
  const bought = roomFor(base, workload, replicas);
  if (bought !== undefined) advice.push(bought);
  const isPassing = why?.eliminations.some(({ closest }) => closest.rule === 'host-state' || closest.rule === 'addresses') === true;
  if (isPassing) advice.push({ code: 'wait', sentence: 'Hosts that come back, or addresses whose rest ends, may make the room by themselves.' });
  return advice;
}

/** What to buy so that one replica more has its room: with one successor at a time the rollout goes through. */
function roomFor({ snapshot }: Base, workload: Workload, replicas: number): Advice | undefined {
  if ((snapshot.pools ?? []).length === 0 || snapshot.hosts.length > MOST_HOSTS_TO_BUY_FOR) return undefined;
  const { rollout: _, decision: __, ...rest } = workload;
  const larger = { ...rest, ask: { ...workload.ask, minReplicas: replicas + 1 } };
  let created = 0;
  try {
    const { bought, costCentsPerHour, missing } = buy({ ...snapshot, workloads: snapshot.workloads.map((each) => (each.id === workload.id ? larger : each)) }, { seed: 0, workloadId: workload.id, newId: (id, ordinal) => `${id}#${ordinal}/${(created += 1)}` });
    if (bought.length === 0 || missing > 0) return undefined;
    return { code: 'buy', sentence: `${bought.map(({ pool, count }) => `${count} of ${pool.name}`).join(' and ')} for ${costCentsPerHour} cents an hour would make room for one more replica.` };
  } catch (error) {
    if (error instanceof QuestionError) return undefined;
    throw error;
  }
}
