// Openings: instants at which demand jumps, known beforehand. Learns the height of the last five of each kind and gives the number of replicas that should
// serve a minute before the next one. Nothing here is typed by a person, so nothing rots.
import { type Capacity, needOf } from './capacity.ts';
import { PACE } from './constants.ts';
import type { Decision, Floor, MarketEvent, Moment, Risk, State } from './model.ts';

const OPENING_KINDS: readonly string[] = ['open', 'lunchEnd', 'learnt'];
/** Not a jump but the foot of a ramp: what its first two minutes need is there before it, the rest is seen coming. */
const RAMP_KIND = 'preOpen';
const RAMP_HEIGHT_MS = 2 * 60_000;
/** The height of an opening is looked for in its first minutes. */
export const HEIGHT_MS = 5 * 60_000;
/** The jump itself is a phase of its own, for nothing that was seen before says how high this one goes; then demand is seen, and restless for a while. */
export const FIRST_MS = 60_000;
export const AFTER_MS = 20 * 60_000;
const REMEMBERED = 5;
const MOST_KEYS = 16;
/** Served this long before, and kept this long after: by then demand itself is seen. */
const READY_BEFORE_MS = 60_000;
const KEPT_AFTER_MS = 60_000;
/** After three closed days and more, the last opens are old: a quarter more. */
const AFTER_BREAK = 1.25;
/** How much of a hot morning is a hot afternoon, by 1,414 trading days. */
const NEXT_EXPONENT = 0.81;
/** Over 1,419 sessions 1.6 x the largest of the last five opens covers 95 % of days at 13:00 and more at 09:30; each step costs 0.5 to 2 %. */
const FACTORS = { economy: 1.3, balanced: 1.6, performance: 2 } as const;

export const isOpening = ({ kind }: MarketEvent): boolean => OPENING_KINDS.includes(kind);
const hasFloor = (event: MarketEvent): boolean => isOpening(event) || event.kind === RAMP_KIND;
/** Within 20 minutes after one. */
export const isAfterOpening = ({ events }: Moment, at: number): boolean => events.some((event) => isOpening(event) && at >= event.at && at < event.at + AFTER_MS);
export const keyOf = ({ market, kind, name }: MarketEvent): string => `${market}:${kind}:${name}`;

/** Where starts are fast, what a floor missed is there within seconds: half the margin does. */
export function openingFactor(risk: Risk | number, delayMs: number): number {
  const factor = slowFactor(risk);
  return delayMs <= PACE.fastStartMs ? 1 + (factor - 1) / 2 : factor;
}

function slowFactor(risk: Risk | number): number {
  if (typeof risk !== 'number') return FACTORS[risk];
  return risk >= 30 ? FACTORS.economy : risk >= 10 ? FACTORS.balanced + ((FACTORS.economy - FACTORS.balanced) * (risk - 10)) / 20 : FACTORS.balanced + ((FACTORS.performance - FACTORS.balanced) * (10 - risk)) / 8;
}

/** What is remembered of openings, with a level that was just seen. */
export function learnOpenings(openings: State['openings'], events: readonly MarketEvent[], at: number, level: number): State['openings'] {
  let next = openings;
  for (const event of events) {
    // The step before it has its ramp in it already.
    if (!hasFloor(event) || at < event.at - 60_000 || at > event.at + (event.kind === RAMP_KIND ? RAMP_HEIGHT_MS : HEIGHT_MS)) continue;
    const list = next[keyOf(event)] ?? [];
    const last = list.at(-1);
    const peakQps = Math.round(level);
    const updated = last?.at === event.at ? (peakQps > last.peakQps ? [...list.slice(0, -1), { at: event.at, peakQps }] : list) : [...list, { at: event.at, peakQps }].slice(-REMEMBERED - 1);
    if (updated !== list) next = limited({ ...next, [keyOf(event)]: updated }, keyOf(event));
  }
  return next;
}

function limited(openings: State['openings'], kept: string): State['openings'] {
  const keys = Object.keys(openings);
  if (keys.length <= MOST_KEYS) return openings;
  const oldest = keys.filter((key) => key !== kept).reduce((so, key) => ((openings[key]?.at(-1)?.at ?? 0) < (openings[so]?.at(-1)?.at ?? 0) ? key : so));
  return Object.fromEntries(Object.entries(openings).filter(([key]) => key !== oldest));
}

/** Expected height of an opening in QPS, with its margin; null: nothing is known of it. */
function heightOf(openings: State['openings'], event: MarketEvent, moment: Moment, factor: number): number | null {
  const past = (openings[keyOf(event)] ?? []).filter(({ at }) => at < event.at - HEIGHT_MS).slice(-REMEMBERED);
  if (past.length === 0) return null;
  const peaks = past.map(({ peakQps }) => peakQps);
  const height = Math.max(...peaks) * factor * (moment.isAfterBreak ? AFTER_BREAK : 1);
  const hotness = hotnessBefore(openings, event);
  return hotness === null ? height : Math.max(height, middle(peaks) * hotness ** NEXT_EXPONENT * factor);
}

/** How much higher than usual the opening before it was, today on the same market. */
function hotnessBefore(openings: State['openings'], event: MarketEvent): number | null {
  let found: number | null = null;
  for (const [key, list] of Object.entries(openings)) {
    const today = list.at(-1);
    if (!key.startsWith(`${event.market}:`) || key.includes(`:${RAMP_KIND}:`) || key === keyOf(event) || today === undefined || list.length < 3) continue;
    if (today.at >= event.at || today.at < event.at - 8 * 3_600_000) continue;
    const ratio = today.peakQps / Math.max(1, middle(list.slice(0, -1).map(({ peakQps }) => peakQps)));
    found = Math.max(found ?? 0, ratio);
  }
  return found !== null && found > 1 ? found : null;
}

const middle = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

/** The floor of each opening whose preparation is due, the next one for whoever looks, and what the one that is near needs at its height (null: unknown). */
export function openingFloors(openings: State['openings'], moment: Moment, at: number, delayMs: number, risk: Risk | number, capacity: Capacity): { floors: Floor[]; next: Decision['opening']; jump: number | null } {
  const floors: Floor[] = [];
  let next: Decision['opening'] = null;
  let jump: number | null = null;
  const factor = openingFactor(risk, delayMs);
  for (const event of moment.events) {
    if (!hasFloor(event) || at > event.at + KEPT_AFTER_MS) continue;
    const height = heightOf(openings, event, moment, factor);
    if (height === null) continue;
    const { replicas } = needOf(capacity, height);
    // Of the jump this is all that is known; a bound learnt from the few jumps before it would only be wider.
    if (isOpening(event) && at >= event.at - delayMs - 2 * READY_BEFORE_MS) jump = Math.max(jump ?? 0, replicas);
    if (isOpening(event)) next ??= { market: event.market, kind: event.kind, at: event.at, replicas };
    if (at < event.at - delayMs - READY_BEFORE_MS) continue;
    floors.push({ kind: 'opening', replicas, reason: `${event.market} ${event.kind}${event.name === '' ? '' : ` ${event.name}`}: ${factor.toFixed(1)} x the largest of the last opens, ${Math.round(height)} QPS`, data: { market: event.market, event: event.kind, name: event.name, factor, qps: Math.round(height) } });
  }
  return { floors, next, jump };
}
