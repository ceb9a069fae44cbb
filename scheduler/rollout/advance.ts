// The state machine of rollouts. Takes the strategy, the state (all the memory that there is) and what is seen now; gives the next state, with
// the lines of history that led there. Pure and idempotent: the same observation twice changes nothing, so that a restart between any two looks
// loses nothing. It asks for a mix of releases and nothing else: it places nothing, and never says how many replicas there are.
import { goBack, isEnded, pauseAt } from './act.ts';
import { countFailures, gatesOf, isBack, isLastStep, isMet, nextStep, serves, servingNew, servingOld, stepOf, whatFails } from './look.ts';
import type { Advance, GateFigures, Observation, RolloutState, Strategy } from './model.ts';
import { ALL, NONE, resolve } from './share.ts';
import { stallMs, waitOf } from './wait.ts';

/** Without progress and without room for this long, a way back no longer waits for room. */
const ROOM_WITHIN_MS = 3_000;

type Event = Advance['events'][number];
/** A next state with its line of history; undefined where nothing is to be decided on this observation. */
type Next = { readonly state: RolloutState; readonly event: Event } | undefined;

/** @returns the state that this look leads to: as many phases on as the observation carries */
export function advance(strategy: Strategy, state: RolloutState, observation: Observation): Advance {
  const events: Event[] = [];
  let current = state;
  while (!isEnded(current)) {
    current = noted(strategy, current, observation);
    const next = nextOf(strategy, current, observation);
    if (next === undefined) break;
    events.push(next.event);
    current = next.state;
  }
  return { state: isEnded(current) ? current : { ...current, wait: waitOf(strategy, current, observation) }, events };
}

/** The state with what was counted and measured. */
function noted(strategy: Strategy, state: RolloutState, observation: Observation): RolloutState {
  const isGoingBack = state.phase === 'rolling-back';
  const count = isGoingBack ? servingOld(observation) : servingNew(observation);
  const of = isGoingBack ? observation.wanted : resolve(state.target, observation.wanted);
  const { progress } = state;
  const isSame = progress?.count === count && progress.of === of;
  const figures = observation.figures === null || isGoingBack ? state.figures : observation.figures;
  const failures = isGoingBack ? state.failures : countFailures(strategy, state, observation);
  const learnt = observation.learnt ?? state.learnt;
  return { ...state, failures, figures, ...(learnt === undefined ? {} : { learnt }), progress: isSame ? progress : { count, of, at: observation.now } };
}

function nextOf(strategy: Strategy, state: RolloutState, observation: Observation): Next {
  switch (state.phase) {
    case 'preparing':
      return prepared(strategy, state, observation);
    case 'rolling':
      return fails(strategy, state, observation) ?? rolled(strategy, state, observation) ?? stopsFirst(strategy, state, observation) ?? stalls(strategy, state, observation);
    case 'watching':
      return fails(strategy, state, observation) ?? held(strategy, state, observation) ?? promoted(strategy, state, observation);
    case 'held':
      return fails(strategy, state, observation);
    case 'rolling-back':
      return returned(strategy, state, observation) ?? stopsFirst(strategy, state, observation) ?? lags(strategy, state, observation);
    case 'paused':
    case 'succeeded':
    case 'rolled-back':
    case 'aborted':
      return undefined;
  }
}

const countText = (count: number): string => (count === 1 ? '1 replica' : `${count} replicas`);

function prepared(strategy: Strategy, state: RolloutState, observation: Observation): Next {
  const { images, now, wanted } = observation;
  if (images.present >= images.needed) {
    const { target } = stepOf(strategy, state);
    const message = `step ${state.step + 1} of ${strategy.steps.length} begins: ${countText(resolve(target, wanted))} of ${wanted} on the new release`;
    return { state: { ...state, phase: 'rolling', target, since: now, progress: undefined }, event: { kind: 'rollout.rolling', message } };
  }
  if (now < state.since + strategy.prepareSeconds * 1000) return undefined;
  const reason = `the image was on ${images.present} of ${images.needed} hosts after ${strategy.prepareSeconds} s${images.hindrance === null ? '' : `: ${images.hindrance}`}`;
  const wait = { owner: 'registry', reason, until: null, then: 'it waits for the image again when somebody resumes it' } as const;
  return { state: pauseAt(state, observation, { trouble: null, wait }), event: { kind: 'rollout.paused', message: `paused: ${reason}` } };
}

function rolled(strategy: Strategy, state: RolloutState, observation: Observation): Next {
  if (state.isForced && isLastStep(strategy, state)) return forcedThrough(strategy, state, observation);
  if (!isMet(strategy, state, observation)) return undefined;
  const message = `step ${state.step + 1} of ${strategy.steps.length} is reached: ${countText(servingNew(observation))} of ${observation.wanted} on the new release`;
  return { state: { ...state, phase: 'watching', since: observation.now, figures: null }, event: { kind: 'rollout.watching', message } };
}

/** What is forced waits for no gate, and is not held up by what does not serve either way. */
function forcedThrough(strategy: Strategy, state: RolloutState, observation: Observation): Next {
  const { replicas, toReleaseId } = observation;
  const live = replicas.filter(({ isHostLost }) => !isHostLost);
  if (live.length === 0 || !live.every(({ releaseId, runningReleaseId }) => releaseId === toReleaseId && runningReleaseId === toReleaseId)) return undefined;
  const lags = live.filter((replica) => !serves(replica));
  if (!lags.every((replica) => observation.now - replica.since >= strategy.startSeconds * 1000)) return undefined;
  const trouble = lags.length === 0 ? null : `${countText(lags.length)} of ${live.length} did not serve within ${strategy.startSeconds} s`;
  return { state: ended(state, observation, 'succeeded', trouble), event: { kind: 'rollout.succeeded', message: `done: ${countText(live.length)} run the release${trouble === null ? '' : `, and ${trouble}`}` } };
}

function stalls(strategy: Strategy, state: RolloutState, observation: Observation): Next {
  if (state.isForced || observation.now < (state.progress?.at ?? state.since) + stallMs(strategy)) return undefined;
  const wait = waitOf(strategy, state, observation)!;
  const reason = `no progress for ${Math.round(stallMs(strategy) / 1000)} s: ${wait.reason}`;
  return { state: pauseAt(state, observation, { trouble: null, wait: { owner: wait.owner, reason, until: null, then: 'it goes on when somebody resumes it' } }), event: { kind: 'rollout.paused', message: `paused: ${reason}` } };
}

function fails(strategy: Strategy, state: RolloutState, observation: Observation): Next {
  if (state.isForced) return undefined;
  const trouble = whatFails(strategy, state, observation);
  if (trouble === undefined) return undefined;
  if (strategy.onFailure === 'roll-back') {
    return { state: goBack(state, observation.now, { trouble, forced: false }), event: { kind: 'rollout.failed', message: `rolls back by itself: ${trouble}` } };
  }
  const wait = { owner: 'person', reason: trouble, until: null, then: 'it goes on when somebody resumes it, or back' } as const;
  return { state: pauseAt(state, observation, { trouble, wait }), event: { kind: 'rollout.failed', message: `paused: ${trouble}` } };
}

const isWindowOver = ({ gates }: Strategy, { since }: RolloutState, now: number): boolean => now >= since + gates.windowSeconds * 1000;

/** A gate holds for a person, with what it would cost. */
function held(strategy: Strategy, state: RolloutState, observation: Observation): Next {
  if (!isWindowOver(strategy, state, observation.now)) return undefined;
  const verdict = gatesOf(strategy, state, observation).find((each) => each.state === 'holds');
  if (verdict === undefined) return undefined;
  const trouble = `${verdict.sentence}${extraText(observation.figures)}`;
  const wait = { owner: 'person', reason: trouble, until: null, then: 'it goes on when somebody accepts that, or back' } as const;
  return { state: { ...state, phase: 'held', since: observation.now, wait, trouble }, event: { kind: 'rollout.held', message: `held: ${trouble}` } };
}

function extraText(figures: GateFigures | null): string {
  if (figures?.extra === null || figures?.extra === undefined) return '';
  const { replicas, costCentsPerHour } = figures.extra;
  const money = `${(costCentsPerHour / 100).toFixed(2)} an hour`;
  return replicas === 0 ? '; the number of replicas stays the same' : `; at the asked peak that is ${countText(replicas)} and ${money} more`;
}

function promoted(strategy: Strategy, state: RolloutState, observation: Observation): Next {
  if (!isMet(strategy, state, observation) || !isDue(strategy, state, observation)) return undefined;
  const { now, wanted } = observation;
  if (isLastStep(strategy, state)) return { state: ended(state, observation, 'succeeded', null), event: { kind: 'rollout.succeeded', message: `done: ${countText(servingNew(observation))} serve on the new release` } };
  const step = nextStep(strategy, state, wanted);
  const { target } = strategy.steps[step]!;
  const message = `step ${step + 1} of ${strategy.steps.length} begins: ${countText(resolve(target, wanted))} of ${wanted} on the new release`;
  return { state: { ...state, phase: 'rolling', step, target, since: now, accepted: false, trouble: null, progress: undefined }, event: { kind: 'rollout.rolling', message } };
}

function isDue(strategy: Strategy, state: RolloutState, observation: Observation): boolean {
  if (state.accepted) return true;
  const { promotion } = stepOf(strategy, state);
  if (promotion.by === 'hand') return false;
  if (promotion.by === 'time') return observation.now >= state.since + promotion.seconds * 1000;
  return observation.figures !== null && isWindowOver(strategy, state, observation.now) && gatesOf(strategy, state, observation).every((verdict) => verdict.state === 'passes');
}

function returned(strategy: Strategy, state: RolloutState, observation: Observation): Next {
  if (!isBack(strategy, observation)) return undefined;
  const { replicas } = observation;
  const lags = replicas.filter((replica) => !serves(replica)).length;
  const message = `rolled back: ${countText(servingOld(observation))} serve on the old release${lags === 0 ? '' : `, ${lags} do not`}`;
  return { state: ended(state, observation, 'rolled-back', state.trouble), event: { kind: 'rollout.rolled-back', message } };
}

/** Successors that find no room must not keep a way back from getting on: then replicas are renewed where they are. */
function stopsFirst({ order }: Strategy, state: RolloutState, { noRoom, now }: Observation): Next {
  const isHurried = state.phase === 'rolling-back' || state.isForced;
  if (!isHurried || order === 'stop-first' || state.stopsFirst === true || noRoom === null || now < (state.progress?.at ?? state.since) + ROOM_WITHIN_MS) return undefined;
  return { state: { ...state, stopsFirst: true }, event: { kind: 'rollout.stop-first', message: `goes back stop-first, each replica where it is: ${noRoom}` } };
}

/** A way back that does not get on is told once; it goes on all the same. */
function lags(strategy: Strategy, state: RolloutState, observation: Observation): Next {
  const since = state.progress?.at ?? state.since;
  if (observation.now < since + stallMs(strategy)) return undefined;
  const wait = waitOf(strategy, state, observation)!;
  return { state: { ...state, progress: { ...state.progress!, at: observation.now } }, event: { kind: 'rollout.stuck', message: `going back does not get on: ${wait.reason}` } };
}

function ended(state: RolloutState, { now }: Observation, phase: 'succeeded' | 'rolled-back', trouble: string | null): RolloutState {
  return { ...state, phase, resumes: null, target: phase === 'succeeded' ? ALL : NONE, since: now, wait: null, trouble, progress: undefined };
}
