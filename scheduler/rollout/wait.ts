// Why a rollout does not move on right now: who has to act, until when, and what happens then. Sentences for people, out of the same look that
// decides; decides nothing itself.
import { MOST_WINDOWS } from './gates.ts';
import { dueNow, gatesOf, isLastStep, isNew, nextStep, overdue, serves, servingNew, servingOld, stepOf } from './look.ts';
import type { Observation, ObservedRelease, RolloutState, Strategy, Wait } from './model.ts';

const MAKING: readonly ObservedRelease['state'][] = ['creating', 'stopping'];
const FETCHING: readonly ObservedRelease['state'][] = ['none', 'pulling'];

/** Without any progress for this long a rollout is paused: as long as an image may take, and at least as long as all failures that it may have. */
export const stallMs = ({ prepareSeconds, startSeconds, mostFailures }: Strategy): number => 1000 * Math.max(prepareSeconds, (mostFailures + 2) * startSeconds);

/** The wait of a state that decides nothing more on this observation. Of what is paused or held the wait that was said when it became so. */
export function waitOf(strategy: Strategy, state: RolloutState, observation: Observation): Wait | null {
  switch (state.phase) {
    case 'preparing':
      return waitForImages(strategy, state, observation);
    case 'rolling':
      return waitForReplicas(strategy, state, observation);
    case 'watching':
      return waitForPromotion(strategy, state, observation);
    case 'rolling-back':
      return waitForReturn(strategy, state, observation);
    case 'held':
    case 'paused':
      return state.wait;
    case 'succeeded':
    case 'rolled-back':
    case 'aborted':
      return null;
  }
}

function waitForImages({ prepareSeconds }: Strategy, { since }: RolloutState, { images }: Observation): Wait {
  const { needed, present, hindrance } = images;
  const reason = `the image is on ${present} of ${needed} hosts${hindrance === null ? '' : `: ${hindrance}`}`;
  return { owner: hindrance === null ? 'hosts' : 'registry', reason, until: since + prepareSeconds * 1000, then: 'it is paused, and a person decides' };
}

function waitForReplicas(strategy: Strategy, state: RolloutState, observation: Observation): Wait {
  const due = dueNow(strategy, state, observation);
  const count = servingNew(observation);
  const sum = `${Math.min(count, due)} of ${due} replicas serve on the new release`;
  const until = state.isForced ? null : (state.progress?.at ?? state.since) + stallMs(strategy);
  const then = state.isForced ? 'it goes on as soon as that is over' : 'it is paused, and a person decides';
  return hindrances(strategy, observation, observation.replicas.filter((replica) => isNew(observation, replica)), { sum, until, then }) ?? leftovers(strategy, state, observation, { sum, until, then });
}

interface Frame {
  /** How far it is. */
  readonly sum: string;
  readonly until: number | null;
  readonly then: string;
}

/** What keeps replicas that should serve by now from it; undefined where nothing is to be seen. */
function hindrances(strategy: Strategy, { now, noRoom, images }: Observation, concerned: readonly ObservedRelease[], { sum, until, then }: Frame): Wait | undefined {
  const behind = concerned.filter((replica) => !serves(replica));
  const silent = behind.filter(({ isHostLost }) => isHostLost).length;
  if (silent > 0) return { owner: 'hosts', reason: `${sum}; ${silent === 1 ? '1 is on a host that is' : `${silent} are on hosts that are`} not heard`, until, then };
  const fetching = behind.find((replica) => FETCHING.includes(replica.state) || (replica.state === 'running' && replica.runningReleaseId !== replica.releaseId));
  const making = behind.find(({ state }) => MAKING.includes(state));
  const starting = behind.filter(({ state }) => ![...FETCHING, ...MAKING].includes(state)).sort((one, other) => one.since - other.since || (one.replicaId < other.replicaId ? -1 : 1))[0];
  if (fetching !== undefined && (fetching.reason !== null || starting === undefined || starting === fetching)) {
    const hindrance = fetching.state === 'running' ? (fetching.reason ?? images.hindrance) : fetching.reason;
    return { owner: hindrance === null ? 'hosts' : 'registry', reason: `${sum}; a host gets the image${hindrance === null ? '' : `: ${hindrance}`}`, until, then };
  }
  if (starting !== undefined) {
    const next = starting.since + (overdue(strategy, now, starting) + 1) * strategy.startSeconds * 1000;
    return { owner: 'service', reason: `${sum}; the next is ${starting.state}${starting.reason === null ? '' : `: ${starting.reason}`}`, until: next, then: 'it counts as a failure' };
  }
  if (making !== undefined) return { owner: 'hosts', reason: `${sum}; a container is ${making.state === 'creating' ? 'made' : 'stopped'}${making.reason === null ? '' : `: ${making.reason}`}`, until, then };
  return noRoom === null ? undefined : { owner: 'planner', reason: `${sum}; ${noRoom}`, until, then };
}

/** Nothing hinders what was begun: the rest is to be begun, or at the end to be stopped. */
function leftovers(strategy: Strategy, state: RolloutState, observation: Observation, { sum, until, then }: Frame): Wait {
  const { replicas, waiting, wanted } = observation;
  const old = replicas.filter((replica) => !isNew(observation, replica)).length;
  if (waiting >= wanted && wanted > 0) return { owner: 'planner', reason: `${sum}; none of ${wanted} replicas has room`, until, then };
  const isEnd = isLastStep(strategy, state) && servingNew(observation) >= dueNow(strategy, state, observation);
  return { owner: isEnd ? 'hosts' : 'planner', reason: isEnd ? `${sum}; ${old} of the old release ${old === 1 ? 'stops' : 'stop'}` : `${sum}; the next ones are to change`, until, then };
}

function waitForPromotion(strategy: Strategy, state: RolloutState, observation: Observation): Wait {
  const due = dueNow(strategy, state, observation);
  const what = isLastStep(strategy, state) ? 'it succeeds' : `step ${nextStep(strategy, state, observation.wanted) + 1} of ${strategy.steps.length} begins`;
  if (servingNew(observation) < due) return { ...waitForReplicas(strategy, state, observation), then: 'it is watched on' };
  const { promotion } = stepOf(strategy, state);
  if (promotion.by === 'hand' && !state.accepted) return { owner: 'person', reason: `${due} ${due === 1 ? 'replica serves' : 'replicas serve'} on the new release, and somebody has to promote it`, until: null, then: what };
  if (promotion.by === 'time' && !state.accepted) return { owner: 'time', reason: `it is watched for ${promotion.seconds} s`, until: state.since + promotion.seconds * 1000, then: what };
  const waiting = gatesOf(strategy, state, observation).find((verdict) => verdict.state === 'waits');
  const { windowSeconds } = strategy.gates;
  return { owner: 'gates', reason: waiting?.sentence ?? `the gates look at ${windowSeconds} s`, until: untilOfGates(strategy, state, observation), then: `the gates decide whether ${what}` };
}

/** After the window with enough requests; else after several of them with as many as came. */
function untilOfGates({ gates }: Strategy, { since }: RolloutState, { now }: Observation): number {
  const end = since + gates.windowSeconds * 1000;
  return now < end ? end : since + MOST_WINDOWS * gates.windowSeconds * 1000;
}

function waitForReturn(strategy: Strategy, state: RolloutState, observation: Observation): Wait {
  const left = observation.replicas.filter((replica) => isNew(observation, replica)).length;
  const sum = left > 0 ? `${left} ${left === 1 ? 'replica is' : 'replicas are'} still to leave the new release` : `${servingOld(observation)} of ${observation.replicas.length} replicas serve on the old release`;
  const frame = { sum, until: (state.progress?.at ?? state.since) + stallMs(strategy), then: 'history says that it does not get on, and it goes on as soon as it can' };
  return hindrances(strategy, observation, observation.replicas.filter((replica) => !isNew(observation, replica)), frame) ?? { owner: 'planner', reason: sum, until: frame.until, then: frame.then };
}
