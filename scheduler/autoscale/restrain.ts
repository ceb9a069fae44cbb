// From what is wanted to what is done: bounds, the words of HPA v2, windows, pace and everything that forbids scale-in. Takes a wish and what was decided
// lately; gives a number with the reason for each thing that held it back. Outwards it is quick, inwards slow.
import { PACE } from './constants.ts';
import { isAfterOpening } from './openings.ts';
import type { BehaviorRule, Observation, Settings, State, Suppressed } from './model.ts';

export interface Wish {
  readonly replicas: number;
  /** The largest wish of the scale-in window, the smallest of the scale-out window, both with the present one. */
  readonly highest: number;
  /** What the forecast needs by a looser budget, and floors: up to here what is there is not added to. */
  readonly least: number;
  readonly lowest: number;
  /** What the coming minutes need by days that were alike: scale-in stops there. */
  readonly beforeRise: number;
  readonly isPanic: boolean;
  readonly isDoubtful: boolean;
  readonly panicUntil: number;
  readonly windowMs: number;
  readonly restartedAt: number;
}

export interface Restrained {
  readonly replicas: number;
  readonly suppressed: readonly Suppressed[];
}

const SCHEDULED: readonly string[] = ['opening', 'schedule', 'signal'];
const HOUR_MS = 3_600_000;
const REVERSAL_MS = 600_000;

/** @param wish within bounds already */
export function restrain(settings: Settings, state: State, observation: Observation, wish: Wish): Restrained {
  const before = observation.desired;
  if (wish.replicas > before) return outwards(settings, state, observation, wish);
  if (wish.replicas < before) return inwards(settings, state, observation, wish);
  return { replicas: before, suppressed: [] };
}

function held(replicas: number, by: Suppressed['by'], why: string, until: number | null = null): Suppressed {
  return { replicas, by, why, until };
}

function outwards({ behavior: { scaleUp } }: Settings, state: State, { at, desired: before }: Observation, wish: Wish): Restrained {
  if (scaleUp.select === 'disabled') return { replicas: before, suppressed: [held(wish.replicas, 'disabled', 'scaling out is disabled')] };
  if (within(before, wish.replicas, scaleUp)) return { replicas: before, suppressed: [held(wish.replicas, 'tolerance', `the change is within the tolerance of ${scaleUp.tolerancePermille} permille`)] };
  if (wish.least <= before) return { replicas: before, suppressed: [held(wish.replicas, 'smallChange', `${before} suffice for now: it acts when ${before + 1} are needed, and then takes the whole step`)] };
  if (wish.lowest <= before) return { replicas: before, suppressed: [held(wish.replicas, 'window', `it was not wanted for all of ${scaleUp.windowSeconds ?? 0} s`)] };
  const limit = policyLimit(scaleUp, state, at, before, 1);
  const replicas = Math.min(wish.lowest, limit);
  return { replicas, suppressed: replicas < wish.replicas ? [held(wish.replicas, limit < wish.lowest ? 'rate' : 'window', `a limit of scaling out allows ${replicas} now`)] : [] };
}

function inwards(settings: Settings, state: State, observation: Observation, wish: Wish): Restrained {
  const { at, desired: before } = observation;
  const { scaleDown } = settings.behavior;
  const forbidden = forbids(settings, state, observation, wish);
  if (forbidden !== null) return { replicas: before, suppressed: [forbidden] };
  const target = Math.max(wish.highest, wish.beforeRise);
  if (target >= before) {
    const isWindow = wish.highest >= before;
    return { replicas: before, suppressed: [held(wish.replicas, isWindow ? 'window' : 'beforeRise', isWindow ? `${wish.highest} were needed within the last ${wish.windowMs / 1000} s` : `${wish.beforeRise} will be needed within minutes, as on days before`)] };
  }
  const lastIn = lastChange(state, -1);
  if (at - lastIn < PACE.inEveryMs) return { replicas: before, suppressed: [held(target, 'pace', 'the last replicas left less than a minute ago', lastIn + PACE.inEveryMs)] };
  const last = Math.max(lastIn, lastChange(state, 1));
  const isSmall = before - target < Math.max(2, (before * scaleDown.tolerancePermille) / 1000);
  if (isSmall && at - last < PACE.smallAfterMs) return { replicas: before, suppressed: [held(target, 'smallChange', `a step of ${before - target} waits until nothing has changed for ten minutes`, last + PACE.smallAfterMs)] };
  const limit = policyLimit(scaleDown, state, at, before, -1);
  const slowest = Math.max(limit, Math.floor(before * (1 - PACE.inMost)));
  const replicas = Math.min(before, Math.max(target, slowest));
  return { replicas, suppressed: replicas > target ? [held(target, limit > target && limit >= slowest ? 'rate' : 'pace', `${replicas} at least are kept for now`, at + PACE.inEveryMs)] : [] };
}

/** After an opening its height is known to pass. */
const isCalm = ({ calm }: Settings, { at, moment }: Observation): boolean => calm && !isAfterOpening(moment, at);

/** Whatever keeps replicas from being taken away at all. */
function forbids(settings: Settings, state: State, observation: Observation, wish: Wish): Suppressed | null {
  const { at, isDeploying, isRestarted } = observation;
  const { replicas, panicUntil, windowMs } = wish;
  if (settings.behavior.scaleDown.select === 'disabled') return held(replicas, 'disabled', 'scaling in is disabled');
  if (settings.pauseScaleIn) return held(replicas, 'pauseScaleIn', 'scaling in is paused');
  if (wish.isDoubtful) return held(replicas, 'metricLoss', 'demand is not confirmed');
  if (wish.isPanic || at < panicUntil) return held(replicas, 'panic', 'demand was at the limit of what is there', panicUntil);
  if (isRestarted || at < wish.restartedAt + windowMs) return held(replicas, 'restart', 'memory is not a window long yet', wish.restartedAt + windowMs);
  if (isDeploying) return held(replicas, 'deploy', 'a rollout is under way');
  if (settings.flapBudgetPerHour !== null && reversals(state, at) >= settings.flapBudgetPerHour) return held(replicas, 'flapBudget', `the direction has changed ${reversals(state, at)} times within an hour, as often as allowed`);
  // What an opening or a schedule brought leaves with it.
  const lastOut = state.changes.findLast(({ before, after, by }) => after > before && !SCHEDULED.includes(by))?.at ?? -Infinity;
  const afterOutMs = isCalm(settings, observation) ? PACE.calmAfterOutMs : PACE.afterOutMs;
  if (at - lastOut < afterOutMs) return held(replicas, 'window', 'replicas were added minutes ago', lastOut + afterOutMs);
  return null;
}

function lastChange({ changes }: State, direction: 1 | -1): number {
  return changes.findLast(({ before, after }) => Math.sign(after - before) === direction)?.at ?? -Infinity;
}

/** Changes of direction within ten minutes of the change before, in the last hour. */
export function reversals({ changes }: Pick<State, 'changes'>, at: number): number {
  let count = 0;
  for (let index = 1; index < changes.length; index += 1) {
    const [last, change] = [changes[index - 1]!, changes[index]!];
    const isTurn = change.after > change.before !== last.after > last.before;
    if (isTurn && change.at - last.at <= REVERSAL_MS && change.at > at - HOUR_MS) count += 1;
  }
  return count;
}

const within = (before: number, wanted: number, { tolerancePermille }: BehaviorRule): boolean => before > 0 && Math.abs(wanted - before) * 1000 <= before * tolerancePermille;

/** As HPA v2: from what there was at the beginning of each period, so much more or less by count or percent; the largest or smallest change of all policies. */
function policyLimit({ policies, select }: BehaviorRule, { changes }: State, at: number, before: number, direction: 1 | -1): number {
  if (policies.length === 0) return direction > 0 ? Infinity : 0;
  const limits = policies.map(({ kind, value, periodSeconds }) => {
    const changed = changes.reduce((sum, change) => (change.at > at - periodSeconds * 1000 && Math.sign(change.after - change.before) === direction ? sum + change.after - change.before : sum), 0);
    const start = before - changed;
    if (kind === 'count') return start + direction * value;
    return direction > 0 ? Math.ceil((start * (100 + value)) / 100) : Math.floor((start * (100 - Math.min(100, value))) / 100);
  });
  const isLargest = direction > 0 === (select === 'max');
  const limit = isLargest ? Math.max(...limits) : Math.min(...limits);
  return direction > 0 ? Math.max(before, limit) : Math.min(before, Math.max(0, limit));
}
