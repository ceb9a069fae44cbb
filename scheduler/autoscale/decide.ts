// One decision of the autoscaler: settings, what is remembered and what is seen -> what is remembered from now on, and how many replicas there should be, with
// every reason. Pure: the same input gives the same bytes. Asked every 10 s, and at once when demand is at the limit (isUrgent).
import { budgetOf, headroom } from './calibrate.ts';
import { type Capacity, capacityOf, ceiling, costDriftPermille, type Need, needFor, needOf, startDelayMs } from './capacity.ts';
import { PACE } from './constants.ts';
import { isRising, meanLevel, predict, targetMinutes } from './experts.ts';
import { addChange, addLevel, addMinute, addNeed, addPrediction, complete, extremeNeed, heldAt, learnOutcomes, phaseAt } from './memory.ts';
import { type Decision, EXPERTS, type Expert, type Floor, type Observation, type Phase, type ScaleAlert, type Settings, type State, type Suppressed } from './model.ts';
import { isAfterOpening, learnOpenings, openingFloors } from './openings.ts';
import { panicOf } from './panic.ts';
import { restrain, reversals } from './restrain.ts';
import { alike, usual, usualHigh } from './season.ts';
import { type Seen, takeIn } from './witness.ts';

interface Forecast {
  readonly values: readonly number[];
  readonly phase: Phase;
  readonly forecast: number;
  readonly bound: number;
  /** The same for several times the budget: what is there already serves until this is more than it carries. */
  readonly trigger: number;
  readonly expert: Expert | null;
}

/** @returns the next state, which the caller keeps, and the decision, which the caller carries out unless the mode says otherwise */
export function decide(settings: Settings, stored: State, observation: Observation): { state: State; decision: Decision } {
  const state = complete(stored);
  const { at, moment } = observation;
  const drift = costDriftPermille(state.cost, observation.capacity.cpuMsPerRequest);
  const isNew = state.since === 0 || (at - state.since < 3_600_000 && state.days.length < 2);
  const capacity = capacityOf(settings, observation.capacity, drift, isNew);
  const delayMs = startDelayMs(settings, observation);
  const like = alike(state.days, moment.day, moment.dayType);
  const expected = usual(like, Math.max(0, moment.minuteOfDay - 1), moment.minuteOfDay);
  const seen = takeIn(settings, state, observation, capacity, expected);
  const { levels, levelStep } = addLevel(state, at, seen.level);
  const days = addMinute(state, levels, levelStep, observation);
  const learnt = seen.doubt === null ? learnOutcomes(state, at, levels, delayMs + PACE.leadMs) : state;
  const openings = seen.doubt === null && seen.level !== null ? learnOpenings(state.openings, moment.events, at, seen.level) : state.openings;
  const restartedAt = observation.isRestarted || state.since === 0 ? at : state.restartedAt;
  const next: State = { ...state, ...learnt, at, since: state.since === 0 ? at : state.since, restartedAt, seenAt: seen.seenAt, trustedAt: seen.trustedAt, recent: seen.recent, levels, levelStep, days, openings, cost: seen.cost, trusted: seen.trusted, doubt: seen.doubt };
  const prediction = foresee(settings, next, observation, delayMs);
  const predictions = addPrediction(state.predictions, at, prediction.phase, prediction.values, delayMs + PACE.leadMs);
  return conclude(settings, state, { ...next, predictions }, observation, seen, prediction, capacity, delayMs, drift);
}

/** What each expert says, and the bound of the one whose bounds are tightest in this phase. */
function foresee(settings: Settings, state: State, { at, moment }: Observation, delayMs: number): Forecast {
  const byClock = phaseAt(moment, at + delayMs + PACE.leadMs / 2);
  const phase = byClock === 'session' && state.doubt === null && isRising(state.levels) ? 'rising' : byClock;
  const second = moment.minuteOfDay * 60 + Math.floor((at % 60_000) / 1000);
  const values = predict({ levels: state.levels, days: state.days, day: moment.day, dayType: moment.dayType, second, delaySeconds: delayMs / 1000, leadSeconds: PACE.leadMs / 1000 });
  const held = heldAt([...state.predictions, { at, phase, values }], at);
  const budget = budgetOf(settings.risk, phase);
  let [best, slack, log] = [-1, Infinity, 0];
  for (let expert = 0; expert < held.length; expert += 1) {
    if (held[expert]! < 0) continue;
    const room = headroom(state.errors[phase][expert] ?? [], state.weights[phase], budget);
    if (room.slack >= slack) continue;
    [best, slack, log] = [expert, room.slack, room.log];
  }
  if (best < 0) return { values, phase, forecast: 0, bound: 0, trigger: 0, expert: null };
  const trigger = settings.calm ? PACE.calmTriggerBudget : delayMs <= PACE.fastStartMs ? PACE.triggerBudget : PACE.slowTriggerBudget;
  const loose = headroom(state.errors[phase][best] ?? [], state.weights[phase], budget * trigger);
  return { trigger: held[best]! * Math.exp(Math.min(log, loose.log)), values, phase, forecast: held[best]!, bound: held[best]! * Math.exp(log), expert: EXPERTS[best]! };
}

function conclude(settings: Settings, last: State, state: State, observation: Observation, seen: Seen, forecast: Forecast, capacity: Capacity, delayMs: number, drift: number): { state: State; decision: Decision } {
  const { at, moment } = observation;
  const usualNeed = meanLevel(state.levels, 0, 18);
  const opening = openingFloors(state.openings, moment, at, delayMs, settings.risk, capacity);
  const jump = forecast.phase === 'opening' ? (opening.jump ?? Infinity) : Infinity;
  const need = limited(needFor(capacity, forecast.bound, Math.max(0, usualNeed)), jump);
  const panic = panicOf(last, state, observation, seen, capacity, delayMs);
  const slowSince = slowness(settings, last, observation);
  const lowest = Math.max(settings.min, observation.bounds.min);
  const floors: Floor[] = [{ kind: 'min', replicas: lowest, reason: 'the smallest number allowed' }, ...ownFloors(settings, observation, seen, forecast, capacity, slowSince), ...opening.floors, ...observation.floors];
  if (panic !== null) floors.push({ kind: 'surge', replicas: panic.replicas, reason: 'demand is at the limit of what is there, or doubling' });
  // Without any idea of demand what is there stays.
  const unknown = seen.level === null && forecast.expert === null ? observation.desired : 0;
  const top = floors.reduce((so, floor) => (floor.replicas > so.replicas ? floor : so));
  const wouldWant = Math.max(need.replicas, top.replicas, unknown);
  const highest = Math.max(0, Math.min(settings.max ?? Infinity, observation.bounds.max, observation.bounds.quota ?? Infinity, observation.cap?.replicas ?? Infinity));
  const wanted = Math.min(highest, wouldWant);
  const windowMs = windowOf(settings, last, observation, delayMs);
  // Windows look at demand. A floor ends when it says so, and panic has its own time; what is asked for around a jump is a floor in all but name.
  const seenNeed = forecast.phase === 'opening' ? 0 : need.replicas;
  const byDemand = Math.min(highest, floors.reduce((so, { kind, replicas }) => (DEMAND_FLOORS.includes(kind) ? Math.max(so, replicas) : so), Math.max(seenNeed, unknown)));
  const upWindowMs = (settings.behavior.scaleUp.windowSeconds ?? 0) * 1000;
  const needs = addNeed(last.needs, at, byDemand, Math.max(PACE.longestWindowMs, windowMs, upWindowMs));
  const restrained = settings.mode === 'off' || settings.isPaused ? { replicas: observation.desired, suppressed: [idle(settings, wanted)] } : restrain(settings, last, observation, {
    replicas: wanted,
    highest: Math.max(wanted, extremeNeed(needs, at - windowMs, true) ?? wanted),
    least: Math.min(wanted, floors.reduce((so, { replicas: each }) => Math.max(so, each), Math.min(jump, needFor(capacity, forecast.trigger, Math.max(0, usualNeed * PACE.triggerUsual)).replicas))),
    lowest: wanted > byDemand ? wanted : Math.min(wanted, extremeNeed(needs, at - upWindowMs, false) ?? wanted),
    beforeRise: Math.min(highest, riseNeed(state, observation, capacity, delayMs)),
    isPanic: panic !== null,
    isDoubtful: seen.doubt !== null || seen.isWitnessSilent || seen.level === null,
    panicUntil: panic?.until ?? last.panic?.until ?? 0,
    windowMs,
    restartedAt: state.restartedAt,
  });
  // Bounds win over everything that holds back: a lowered maximum takes effect, a raised minimum too.
  const isActive = settings.mode !== 'off' && !settings.isPaused;
  const replicas = isActive ? Math.min(highest, Math.max(restrained.replicas, Math.min(lowest, highest))) : restrained.replicas;
  const before = observation.desired;
  const decision: Decision = {
    at,
    replicas,
    before,
    wouldWant,
    level: seen.level === null ? null : Math.round(seen.level),
    forecast: Math.round(forecast.forecast),
    bound: Math.round(forecast.bound),
    expert: forecast.expert,
    phase: forecast.phase,
    need: need.replicas,
    memoryNeed: need.byMemory,
    ceilingPermille: Math.round(1000 * ceiling(capacity, forecast.bound)),
    replicaQps: Math.round(Math.min(capacity.fullQps * ceiling(capacity, forecast.bound), capacity.memoryQps, capacity.mostQps)),
    floors,
    winner: top.replicas > need.replicas ? top.kind : need.byMemory > need.byCpu ? 'memory' : 'forecast',
    isPanic: panic !== null,
    suppressed: [...restrained.suppressed, ...(settings.mode === 'preview' && replicas !== before ? [{ replicas, by: 'preview', why: 'preview changes nothing', until: null } satisfies Suppressed] : [])],
    alerts: alertsOf(settings, observation, seen, { wouldWant, highest, lowest, drift, hasForecast: forecast.expert !== null }),
    witnesses: seen.witnesses,
    action: replicas > before ? 'out' : replicas < before ? 'in' : 'hold',
    opening: opening.next,
  };
  return { state: { ...state, replicas, needs, panic, slowSince, changes: addChange(last.changes, at, before, replicas, decision.winner) }, decision };
}

const limited = (need: Need, most: number): Need => (need.replicas <= most ? need : { replicas: most, byCpu: Math.min(most, need.byCpu), byMemory: Math.min(most, need.byMemory) });

const DEMAND_FLOORS: readonly Floor['kind'][] = ['min', 'reactive', 'latency'];

function idle({ mode }: Settings, replicas: number): Suppressed {
  return mode === 'off' ? { replicas, by: 'off', why: 'the autoscaler is off', until: null } : { replicas, by: 'paused', why: 'the autoscaler is paused', until: null };
}

function windowOf({ calm, behavior }: Settings, state: State, { at, moment }: Observation, delayMs: number): number {
  if (behavior.scaleDown.windowSeconds !== null) return behavior.scaleDown.windowSeconds * 1000;
  if (isAfterOpening(moment, at)) return PACE.openingWindowMs;
  const base = calm ? PACE.calmWindowMs : delayMs <= PACE.fastStartMs ? PACE.fastWindowMs : PACE.slowWindowMs;
  return Math.min(PACE.longestWindowMs, base * (1 + PACE.perReversal * reversals(state, at)));
}

/** Demand now with a little more; what onMetricLoss says; a fifth more while answers are too slow. */
function ownFloors(settings: Settings, observation: Observation, seen: Seen, forecast: Forecast, capacity: Capacity, slowSince: number | null): Floor[] {
  const floors: Floor[] = [];
  if (seen.level !== null) floors.push({ kind: 'reactive', replicas: needFor(capacity, seen.level * PACE.reactive, 0).replicas, reason: `demand now, ${Math.round(seen.level)} QPS, and 6 % more` });
  if (seen.doubt !== null && typeof settings.onMetricLoss === 'object') floors.push({ kind: 'metricLoss', replicas: settings.onMetricLoss.floor, reason: 'set for the time without metrics' });
  if (seen.doubt !== null && settings.onMetricLoss === 'forecast') floors.push({ kind: 'metricLoss', replicas: needOf(capacity, Math.max(forecast.bound, ...forecast.values.slice(6, 8))).replicas, reason: 'days that were alike needed as much' });
  if (slowSince !== null && observation.at - slowSince >= 30_000) {
    const { ready, pending, desired } = observation;
    floors.push({ kind: 'latency', replicas: pending > 0 ? desired : Math.ceil(ready * 1.2), reason: `p99 has been above ${settings.latencySloMs} ms for 30 s` });
  }
  return floors;
}

function slowness({ latencySloMs }: Settings, { slowSince }: State, { at, p99Ms }: Observation): number | null {
  if (latencySloMs === null || p99Ms === null || p99Ms.at <= at - 30_000 || !(p99Ms.value > latencySloMs)) return null;
  return slowSince ?? at;
}

/** What the next minutes needed on days before: what would be wanted back at once is not given away. */
function riseNeed(state: State, { at, moment }: Observation, capacity: Capacity, delayMs: number): number {
  const like = alike(state.days, moment.day, moment.dayType);
  if (like.length === 0 || meanLevel(state.levels, 0, 3) < 0) return 0;
  const second = moment.minuteOfDay * 60 + Math.floor((at % 60_000) / 1000);
  const [from, to] = targetMinutes(second, second + (PACE.riseMs + delayMs) / 1000);
  const high = usualHigh(like, from, to);
  const now = usual(like, Math.max(0, moment.minuteOfDay - 2), moment.minuteOfDay);
  if (high === null || now === null || now <= 0 || high <= now) return 0;
  return needOf(capacity, Math.min(high * 2, meanLevel(state.levels, 0, 18) * (high / now))).replicas;
}

interface AlertFacts {
  readonly wouldWant: number;
  readonly highest: number;
  readonly lowest: number;
  readonly drift: number;
  readonly hasForecast: boolean;
}

function alertsOf(settings: Settings, observation: Observation, seen: Seen, { wouldWant, highest, lowest, drift, hasForecast }: AlertFacts): ScaleAlert[] {
  const alerts: ScaleAlert[] = [];
  const isQuota = observation.bounds.quota !== null && observation.bounds.quota <= highest;
  if (wouldWant > highest) alerts.push({ kind: isQuota ? 'atQuota' : 'atMax', message: `It would want ${wouldWant} replicas; ${isQuota ? 'the quota leaves' : 'at most'} ${highest}${isQuota ? '' : ' are allowed'}.`, value: wouldWant });
  if (lowest > highest) alerts.push({ kind: 'minAboveMax', message: `At least ${lowest} replicas are wanted and at most ${highest} allowed: the maximum counts.`, value: lowest });
  if (seen.doubt !== null) alerts.push({ kind: 'metricLoss', message: `Demand cannot be believed (${seen.doubt}); ${seen.level === null ? 'nothing else speaks of it' : 'other witnesses stand in'}. Nothing scales in.`, value: 0 });
  else if (seen.isWitnessSilent) alerts.push({ kind: 'metricLoss', message: 'CPU of the containers is not reported any more. Nothing scales in.', value: 0 });
  if (drift > 2000 || drift < 500) alerts.push({ kind: 'costDrift', message: `A request costs ${(drift / 10).toFixed(0)} % of the declared CPU; ${drift > 2000 ? 'twice' : 'half'} of it is counted.`, value: drift });
  if (!hasForecast && seen.level === null) alerts.push({ kind: 'noForecast', message: 'Nothing is known of demand: what is there stays.', value: 0 });
  return alerts;
}
