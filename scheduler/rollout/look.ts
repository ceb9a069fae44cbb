// One look at a rollout: what an observation means for the state that it is in. Counts, failures, and whether a step's target is met; decides
// nothing. A replica counts as serving only with the release that its container really runs.
import type { GateVerdict, Observation, ObservedRelease, RolloutState, Strategy, StrategyStep } from './model.ts';
import { resolve } from './share.ts';

const BAD: readonly ObservedRelease['state'][] = ['exited', 'failed', 'restarting', 'unhealthy'];
/** What a container does that could serve by now. */
const UNDER_WAY: readonly ObservedRelease['state'][] = ['starting', ...BAD];

/** Its host reports it as healthy, with the release that it should run. */
export const serves = (replica: ObservedRelease): boolean => replica.state === 'running' && !replica.isHostLost && replica.runningReleaseId === replica.releaseId;

export const isNew = ({ toReleaseId }: Observation, replica: ObservedRelease): boolean => replica.releaseId === toReleaseId;

/** Replicas that serve on the new release. */
export const servingNew = (observation: Observation): number => observation.replicas.filter((replica) => isNew(observation, replica) && serves(replica)).length;

/** Replicas that serve on any other release, as they should. */
export const servingOld = (observation: Observation): number => observation.replicas.filter((replica) => !isNew(observation, replica) && serves(replica)).length;

export const stepOf = (strategy: Strategy, { step }: RolloutState): StrategyStep => strategy.steps[Math.min(step, strategy.steps.length - 1)]!;

export const isLastStep = (strategy: Strategy, { step }: RolloutState): boolean => step >= strategy.steps.length - 1;

/** Steps that mean no more replicas than this one, since there are few, are passed over; the last one never. */
export function nextStep({ steps }: Strategy, state: RolloutState, wanted: number): number {
  const reached = resolve(steps[state.step]!.target, wanted);
  const next = steps.findIndex(({ target }, index) => index > state.step && resolve(target, wanted) > reached);
  return next === -1 ? steps.length - 1 : next;
}

/** Replicas that should serve on the new release at this step: of those that have room at all. */
export function dueNow(strategy: Strategy, state: RolloutState, { wanted, waiting }: Observation): number {
  return Math.min(resolve(stepOf(strategy, state).target, wanted), Math.max(0, wanted - waiting));
}

/** The step's target serves; at the last one nothing else is left either. */
export function isMet(strategy: Strategy, state: RolloutState, observation: Observation): boolean {
  const { wanted, replicas } = observation;
  const due = dueNow(strategy, state, observation);
  if (due === 0 && resolve(stepOf(strategy, state).target, wanted) > 0) return false;
  if (servingNew(observation) < due) return false;
  return !isLastStep(strategy, state) || replicas.every((replica) => replica.isHostLost || isNew(observation, replica));
}

/** How often a container could have served within its time and did not. */
export function overdue({ startSeconds }: Strategy, now: number, replica: ObservedRelease): number {
  if (replica.isHostLost || !UNDER_WAY.includes(replica.state)) return 0;
  return Math.max(0, Math.floor((now - replica.since) / (startSeconds * 1000)));
}

/** Whether a failure of this container is one of the new release: it is what really runs, or nothing else is known to. */
const concernsNew = (observation: Observation, replica: ObservedRelease): boolean =>
  isNew(observation, replica) && !replica.isHostLost && (replica.runningReleaseId ?? replica.releaseId) === replica.releaseId;

/** The failures that were counted and those that are seen now, by replica: never fewer than before, and the same when looked at twice. */
export function countFailures(strategy: Strategy, { failures }: RolloutState, observation: Observation): Record<string, number> {
  const counted: Record<string, number> = { ...failures };
  for (const replica of observation.replicas) {
    if (!concernsNew(observation, replica) || !['running', ...UNDER_WAY].includes(replica.state)) continue;
    // Restarts of a container whose release nobody knows may be those of the old one.
    const restarts = replica.runningReleaseId === null ? 0 : replica.restarts;
    const seen = Math.max(restarts, BAD.includes(replica.state) ? 1 : 0, overdue(strategy, observation.now, replica));
    if (seen > (counted[replica.replicaId] ?? 0)) counted[replica.replicaId] = seen;
  }
  return counted;
}

/** Failures beyond those that a person let pass. */
export const failuresOf = ({ failures, excused = 0 }: Pick<RolloutState, 'failures' | 'excused'>): number => Object.values(failures).reduce((sum, count) => sum + count, 0) - excused;

/** Why the new release is bad, in a sentence; undefined while it is not. */
export function whatFails(strategy: Strategy, state: RolloutState, observation: Observation): string | undefined {
  const count = failuresOf(state);
  const said = reasonSeen(observation);
  if (count > strategy.mostFailures) return `${count} failures of replicas on the new release, and at most ${strategy.mostFailures} are allowed${said}`;
  const late = observation.replicas.filter((replica) => concernsNew(observation, replica) && overdue(strategy, observation.now, replica) > 0);
  if (count > 0 && late.length > 0 && servingNew(observation) === 0) return `no replica of the new release served within ${strategy.startSeconds} s${said}`;
  const failing = gatesOf(strategy, state, observation).find((verdict) => verdict.state === 'fails');
  return failing?.sentence;
}

function reasonSeen(observation: Observation): string {
  const reason = observation.replicas.find((replica) => concernsNew(observation, replica) && BAD.includes(replica.state) && replica.reason !== null)?.reason ?? observation.replicas.find((replica) => concernsNew(observation, replica) && !serves(replica) && replica.reason !== null)?.reason;
  return reason === undefined || reason === null ? '' : `: ${reason}`;
}

/** Verdicts that count at this step; none where no gates lead on from it, or a person said that it may go on. */
export function gatesOf(strategy: Strategy, state: RolloutState, { figures }: Observation): readonly GateVerdict[] {
  return stepOf(strategy, state).promotion.by === 'gates' && !state.accepted ? (figures?.verdicts ?? []) : [];
}

/** Nothing is to run or runs the new release any more, and what is there serves, or had its time to. */
export function isBack(strategy: Strategy, observation: Observation): boolean {
  const { replicas, toReleaseId, now } = observation;
  if (replicas.some((replica) => isNew(observation, replica))) return false;
  const live = replicas.filter(({ isHostLost }) => !isHostLost);
  if (live.length === 0 && replicas.length > 0) return false;
  return live.every((replica) => serves(replica) || (overdue(strategy, now, replica) > 0 && replica.runningReleaseId !== toReleaseId));
}
