// What people do with a rollout, and its first state. Pure: takes the strategy, the state and what is seen; gives the next state, or the sentence
// why it cannot be done, which is also what stands beside the button. advance() goes on from there.
import { failuresOf, isNew, serves, stepOf } from './look.ts';
import type { Observation, Phase, RolloutState, Strategy, Verb } from './model.ts';
import { ALL, NONE, resolve } from './share.ts';

const ENDED: readonly Phase[] = ['succeeded', 'rolled-back', 'aborted'];
export const isEnded = ({ phase }: Pick<RolloutState, 'phase'>): boolean => ENDED.includes(phase);

/**
 * The state in which a rollout starts. @param kind a rollback is forced unless said otherwise: it waits for no image, no batch and no gate
 */
export function begin(strategy: Strategy, now: number, { kind, forced = kind === 'rollback' }: { readonly kind: 'release' | 'rollback'; readonly forced?: boolean }): RolloutState {
  const common = { resumes: null, since: now, wait: null, trouble: null, accepted: false, figures: null, failures: {} };
  if (forced) return { ...common, phase: 'rolling', step: strategy.steps.length - 1, target: ALL, isForced: true };
  return { ...common, phase: 'preparing', step: 0, target: NONE, isForced: false };
}

/** The state in which it goes back: nothing is to run the new release any more, at once. */
export function goBack(state: RolloutState, now: number, { trouble, forced }: { readonly trouble: string; readonly forced: boolean }): RolloutState {
  return { ...state, phase: 'rolling-back', resumes: null, target: NONE, since: now, wait: null, trouble, isForced: forced || state.isForced, progress: undefined };
}

/** The state in which everything stays as it is: what is on the new release by now stays there, and nothing else follows. */
export function pauseAt(state: RolloutState, observation: Observation, change: Pick<RolloutState, 'wait' | 'trouble'>): RolloutState {
  const started = observation.replicas.filter((replica) => isNew(observation, replica)).length;
  return { ...state, phase: 'paused', resumes: state.phase, target: { count: Math.min(started, resolve(state.target, observation.wanted)) }, since: observation.now, progress: undefined, ...change };
}

/**
 * What a verb makes of it.
 * @returns the next state, or why not, in a sentence
 */
export function act(strategy: Strategy, state: RolloutState, verb: Verb, observation: Observation): RolloutState | string {
  if (isEnded(state)) return `It has ended: ${state.phase}.`;
  return VERBS[verb](strategy, state, observation);
}

const NOT_BACK = 'It is rolling back: that is not stopped halfway.';

const VERBS: Readonly<Record<Verb, (strategy: Strategy, state: RolloutState, observation: Observation) => RolloutState | string>> = {
  pause: (_strategy, state, observation) => {
    if (state.phase === 'rolling-back') return NOT_BACK;
    if (state.phase === 'paused') return 'It is paused already.';
    if (state.phase === 'held') return 'A gate holds it, so nothing moves: accept it or roll it back.';
    return pauseAt(state, observation, { trouble: null, wait: { owner: 'person', reason: 'it was paused', until: null, then: 'it goes on when somebody resumes it' } });
  },
  resume: (strategy, state, { now }) => {
    if (state.phase !== 'paused') return `It is ${state.phase}: only what is paused can be resumed.`;
    // What held it was overtaken by what failed: the gates look again.
    const phase = state.resumes === 'held' ? 'watching' : (state.resumes ?? 'rolling');
    // Whoever lets it go on after a failure has seen what failed: only further failures count, and the gate that failed is not asked again.
    const isGate = state.figures?.verdicts.some((verdict) => verdict.state === 'fails') ?? false;
    const seen = state.trouble === null ? {} : { accepted: state.accepted || isGate, excused: failuresOf({ failures: state.failures }) };
    return { ...state, phase, resumes: null, target: phase === 'preparing' ? NONE : stepOf(strategy, state).target, since: now, wait: null, trouble: null, progress: undefined, ...seen };
  },
  promote: (_strategy, state) => {
    if (state.phase === 'held') return 'A gate holds it: accept what it says, or roll it back.';
    if (state.phase !== 'watching') return `It is ${state.phase}: only a step whose replicas all serve can be promoted.`;
    return state.accepted ? 'It was promoted already.' : { ...state, accepted: true };
  },
  accept: (_strategy, state, { now }) => {
    if (state.phase !== 'held') return `It is ${state.phase}: only what a gate holds can be accepted.`;
    return { ...state, phase: 'watching', accepted: true, since: now, wait: null, trouble: null };
  },
  abort: (_strategy, state, observation) => {
    if (state.phase === 'rolling-back') return NOT_BACK;
    const count = observation.replicas.filter((replica) => isNew(observation, replica) && serves(replica)).length;
    if (count > 0) return `${count === 1 ? '1 replica serves' : `${count} replicas serve`} on the new release: roll it back instead.`;
    return { ...state, phase: 'aborted', resumes: null, target: NONE, since: observation.now, wait: null, trouble: null };
  },
  'roll-back': (_strategy, state, { now }) => {
    if (state.phase === 'rolling-back') return 'It is rolling back already.';
    return goBack(state, now, { trouble: state.trouble ?? 'a person rolled it back', forced: true });
  },
};
