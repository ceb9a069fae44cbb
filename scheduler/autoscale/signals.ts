// Signals from outside and announced surges -> floors. They only ever raise: a signal that falls, falls silent or lies low changes nothing.
// The base is the demand before the rise or what is usual next, never the demand of now, or a floor would lift itself.
import type { Floor } from './model.ts';

const MINUTE_MS = 60_000;
/** A value counts this long: signals are pushed once a minute or less often. */
const HELD_MS = 5 * MINUTE_MS;
/** What is usual is looked up this far ahead: capacity is for what comes. */
const AHEAD_MS = 60 * MINUTE_MS;
/** Demand before a rise is the mean of these minutes. */
const BEFORE_MS = 5 * MINUTE_MS;
/** An announced surge is prepared for this long before it begins. */
const READY_BEFORE_MS = 3 * MINUTE_MS;

export interface SignalRule {
  readonly signal: string;
  /** A value, or a multiple of what the signal usually is at that minute of such a day. */
  readonly when: { readonly above: number } | { readonly timesUsual: number };
  /** At least 1. */
  readonly multiplier: number;
  readonly decayMinutes: number;
  /** Replicas that this rule asks for at most; null: without limit. */
  readonly cap: number | null;
}

export interface Surge {
  readonly id: string;
  readonly factor: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

export interface Point {
  readonly at: number;
  readonly value: number;
}

/** Minutes of a series, and what is usual at a minute; null: not known. */
export interface Known {
  /** In order of time. */
  readonly points: readonly Point[];
  readonly usual: (at: number) => number | null;
}

/** A time over which a signal was high. */
export interface Rise {
  readonly from: number;
  /** The last minute at which it was high. */
  readonly last: number;
  readonly value: number;
}

/** Whether a signal is high at a minute. What is usual must be known, and more than nothing, for a multiple of it. */
export function isHigh({ when }: Pick<SignalRule, 'when'>, { at, value }: Point, usual: Known['usual']): boolean {
  if (!Number.isFinite(value)) return false;
  if ('above' in when) return value > when.above;
  const normal = usual(at);
  return normal !== null && normal > 0 && value > when.timesUsual * normal;
}

/** Every time over which a signal was high; those nearer than the decay are one. */
export function risesOf(rule: Pick<SignalRule, 'when' | 'decayMinutes'>, signal: Known): Rise[] {
  const rises: Rise[] = [];
  for (const point of signal.points) {
    if (!isHigh(rule, point, signal.usual)) continue;
    const before = rises.at(-1);
    if (before !== undefined && point.at - before.last <= HELD_MS + rule.decayMinutes * MINUTE_MS) rises[rises.length - 1] = { ...before, last: point.at, value: Math.max(before.value, point.value) };
    else rises.push({ from: point.at, last: point.at, value: point.value });
  }
  return rises;
}

/** 1 while a rise lasts, then evenly down to 0 over the decay; 0 before it. */
export function strengthAt({ from, last }: Rise, decayMinutes: number, at: number): number {
  if (at < from) return 0;
  return Math.max(0, Math.min(1, 1 - (at - last - HELD_MS) / (decayMinutes * MINUTE_MS)));
}

/** The demand that is multiplied: before an instant, or usual in the hour from now, whichever is larger; null: neither is known. */
export function baseDemand(demand: Known, before: number, at: number): number | null {
  const earlier = demand.points.filter((point) => point.at >= before - BEFORE_MS && point.at < before);
  const level = earlier.length === 0 ? null : earlier.reduce((sum, { value }) => sum + value, 0) / earlier.length;
  let most = level;
  for (let minute = at; minute <= at + AHEAD_MS; minute += MINUTE_MS) {
    const usual = demand.usual(minute);
    if (usual !== null && usual > (most ?? 0)) most = usual;
  }
  return most;
}

/** What a rule asks for at an instant, in QPS; null: nothing. */
export function signalDemand(rule: SignalRule, signal: Known, demand: Known, at: number): { readonly qps: number; readonly rise: Rise } | null {
  const rise = risesOf(rule, { ...signal, points: signal.points.filter((point) => point.at <= at) }).at(-1);
  const strength = rise === undefined ? 0 : strengthAt(rise, rule.decayMinutes, at);
  const base = rise === undefined || strength === 0 ? null : baseDemand(demand, rise.from, at);
  return rise === undefined || base === null ? null : { qps: base * (1 + (rule.multiplier - 1) * strength), rise };
}

/** @param replicaQps what one replica carries at its ceiling; 0: not known, then there is no floor */
export function signalFloor(rule: SignalRule, signal: Known, demand: Known, replicaQps: number, at: number): Floor | null {
  const wanted = replicaQps > 0 ? signalDemand(rule, signal, demand, at) : null;
  if (wanted === null) return null;
  const replicas = Math.ceil(wanted.qps / replicaQps);
  const value = Number(wanted.rise.value.toPrecision(4));
  const condition = 'above' in rule.when ? `above ${rule.when.above}` : `above ${rule.when.timesUsual}x its usual level`;
  return { kind: 'signal', replicas: rule.cap === null ? replicas : Math.min(replicas, rule.cap), reason: `signal ${rule.signal} was ${condition} (${value}), which asks for up to ${rule.multiplier}x the demand`, data: { signal: rule.signal, ...rule.when, value, multiplier: rule.multiplier } };
}

/** @param level demand now: the base where nothing else is known */
export function surgeFloor({ factor, from, to, reason }: Surge, demand: Known, level: number | null, replicaQps: number, at: number): Floor | null {
  if (at < from - READY_BEFORE_MS || at >= to || replicaQps <= 0) return null;
  const base = baseDemand(demand, Math.min(at, from), at) ?? level;
  return base === null ? null : { kind: 'surge', replicas: Math.ceil((factor * base) / replicaQps), reason: `announced: ${reason} (${factor}x)`, data: { reason, factor } };
}
