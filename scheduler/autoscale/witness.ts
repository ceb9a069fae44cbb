// Whether demand can be believed, and what it is if not. Takes what was seen and what is remembered; gives a level with the verdict on every witness. Demand
// that falls silent, reads zero, stands still, comes late or lacks a gateway is replaced by what CPU and connections say; nothing scales in meanwhile.
import { type Capacity, fullQps } from './capacity.ts';
import type { Observation, Sample, Settings, State, Witness } from './model.ts';

/** Older samples are not trusted. */
export const FRESH_MS = 30_000;
const RECENT_MS = 60_000;
/** A level is a mean of so much time, panic looks at less. */
const LEVEL_MS = 10_000;
const FAST_MS = 6000;
/** Counted arrivals never stand still: so many equal samples over so much time are a stuck gauge, even where CPU happens to agree. */
const STUCK_MS = 24_000;
const STUCK_SAMPLES = 5;
const STUCK_LEAST_QPS = 20;
/** CPU busier than this says that somebody is served. */
const IDLE_SHARE = 0.05;
/**
 * Replicas that are less busy than this do not speak for more demand than was read, however much CPU they take together: each takes some for
 * itself, and while it starts much more, so that every replica that is added would ask for the next one.
 */
const HARD_AT_WORK = 0.6;
/** More than this of what was believed last is not nothing, however idle so many replicas are. */
const STILL_THERE = 0.2;
/** Two witnesses that both say more than this are not idle replicas. */
const HARDLY_THERE = 0.05;
/** Witnesses agree within this, and contradict beyond that. */
const AGREES = 0.15;
const CONTRADICTS = 1.25;
/** A gateway with less of all demand is not missed. */
const SOURCE_SHARE = 0.05;
/** A fall to this share within 20 minutes needs a second witness. */
const DROP_SHARE = 0.15;
/** CPU so near its limit does not say how much more there is. */
const SATURATED = 0.93;
const SATURATED_GUESS = 1.25;
/** A contradiction that lasts is a new cost of a request. */
const RELEARN_MS = 15 * 60_000;

export interface Seen {
  /** Believed demand: mean of 10 s, and of 6 s; null: nothing at all is known. */
  readonly level: number | null;
  readonly fast: number | null;
  readonly recent: readonly number[];
  readonly seenAt: number;
  /** Null: demand is believed as it was read. */
  readonly doubt: Witness['verdict'] | null;
  /** A witness that is usually there is silent: nothing scales in. */
  readonly isWitnessSilent: boolean;
  readonly witnesses: readonly Witness[];
  readonly trusted: State['trusted'];
  readonly trustedAt: number;
  readonly cost: State['cost'];
}

interface Reading {
  readonly latest: Sample | null;
  readonly recent: readonly number[];
  readonly isLate: boolean;
  readonly isInvalid: boolean;
}

/** @param expected what the season says demand is now, in QPS; null: it says nothing */
export function takeIn(settings: Settings, state: State, observation: Observation, capacity: Capacity, expected: number | null): Seen {
  const reading = read(state, observation);
  const cpu = cpuQps(state, observation, capacity, expected);
  const connections = connectionQps(state, observation);
  const sum = reading.latest?.value ?? null;
  const parts = whole(state, observation);
  const verdict = settings.demand === 'cpu' ? (cpu === null ? 'missing' : null) : judge(state, observation, reading, cpu, parts, expected, connections);
  const direct = directLevel(reading, observation.at, state.doubt !== null, LEVEL_MS);
  const guess = settings.demand === 'cpu' ? (cpu ?? connections ?? expected) : substitute(verdict, sum, parts, cpu, connections, expected, state);
  const level = verdict === null && settings.demand === 'qps' ? direct : guess;
  const fast = verdict === null && settings.demand === 'qps' ? directLevel(reading, observation.at, state.doubt !== null, FAST_MS) : guess;
  const isCpuSilent = cpu === null && state.trusted.cpuMilli !== null && observation.ready > 0;
  const trusted = verdict !== null || level === null ? state.trusted : trust(state, observation, level);
  const canLearn = settings.demand === 'qps' && (verdict === null || (verdict === 'contradicts' && observation.at - state.trustedAt > RELEARN_MS));
  return {
    level,
    fast,
    recent: reading.recent,
    seenAt: reading.latest?.at ?? state.seenAt,
    doubt: verdict,
    isWitnessSilent: isCpuSilent && settings.demand === 'qps',
    witnesses: [
      { name: 'qps', qps: sum, verdict: verdict ?? 'trusted' },
      { name: 'cpu', qps: cpu, verdict: saying(cpu, level) },
      { name: 'connections', qps: connections, verdict: saying(connections, level) },
      { name: 'forecast', qps: expected, verdict: saying(expected, level) },
    ],
    trusted,
    trustedAt: verdict === null ? observation.at : state.trustedAt,
    cost: canLearn ? learnCost(state.cost, observation, sum) : state.cost,
  };
}

function saying(witness: number | null, level: number | null): Witness['verdict'] {
  if (witness === null || level === null) return 'silent';
  return Math.abs(witness - level) <= AGREES * 2 * Math.max(level, 1) ? 'agrees' : 'contradicts';
}

/** Samples that can be used, with those of the last minute. */
function read(state: State, { at, qps }: Observation): Reading {
  const recent: number[] = [];
  for (let index = 0; index < state.recent.length; index += 2) if (state.recent[index]! > at - RECENT_MS) recent.push(state.recent[index]!, state.recent[index + 1]!);
  let [isLate, isInvalid] = [false, false];
  let newest = recent.length > 0 ? recent[recent.length - 2]! : -Infinity;
  for (const sample of qps) {
    if (!Number.isFinite(sample.value) || sample.value < 0 || sample.at > at + LEVEL_MS) isInvalid = true;
    else if (sample.at <= at - FRESH_MS) isLate = true;
    else if (sample.at > newest) {
      recent.push(sample.at, sample.value);
      newest = sample.at;
    }
  }
  // Of a source that speaks more often than every second only the newest count.
  if (recent.length > 120) recent.splice(0, recent.length - 120);
  const latest = newest > at - FRESH_MS ? { at: newest, value: recent[recent.length - 1]! } : null;
  return { latest, recent, isLate, isInvalid };
}

/** The mean of the newest samples. Right after a doubt only the newest one counts: those before it were not believed. */
function directLevel({ latest, recent }: Reading, at: number, wasDoubtful: boolean, ms: number): number | null {
  if (latest === null) return null;
  if (wasDoubtful) return latest.value;
  let [sum, count] = [0, 0];
  for (let index = recent.length - 2; index >= 0 && recent[index]! > at - ms; index -= 2) {
    sum += recent[index + 1]!;
    count += 1;
  }
  return count === 0 ? latest.value : sum / count;
}

const fresh = (sample: Sample | null, at: number): number | null => (sample !== null && sample.at > at - FRESH_MS && sample.at <= at + LEVEL_MS && Number.isFinite(sample.value) && sample.value >= 0 ? sample.value : null);

/** What containers' CPU says of demand, by the cost that was learnt while both were believed. */
function cpuQps({ cost, trusted }: State, observation: Observation, capacity: Capacity, expected: number | null): number | null {
  const cpu = fresh(observation.cpuMilli, observation.at);
  if (cpu === null) return null;
  const msPerRequest = cost.weight >= 6 && cost.qps > 0 && cost.cpu > 0 ? cost.cpu / cost.qps : capacity.cpuMsPerRequest;
  const isSaturated = observation.ready > 0 && cpu >= SATURATED * observation.ready * capacity.cpuMilli;
  const says = (cpu / Math.max(0.001, msPerRequest)) * (isSaturated ? SATURATED_GUESS : 1);
  const isBusy = cpu > HARD_AT_WORK * observation.ready * capacity.cpuMilli;
  return isBusy || trusted.qps <= 0 ? says : Math.min(says, CONTRADICTS * Math.max(trusted.qps, expected ?? 0));
}

function connectionQps({ trusted }: State, observation: Observation): number | null {
  const connections = fresh(observation.connections, observation.at);
  return connections === null || trusted.connections === null || trusted.connections <= 0 ? null : (trusted.qps * connections) / trusted.connections;
}

/** What all gateways together would say if the silent ones were like before; null: none is silent, or they are not known. */
function whole({ trusted }: State, { sources, at }: Observation): number | null {
  let [speaking, silentShare] = [0, 0];
  for (const { qps, at: when } of sources) if (when > at - FRESH_MS && Number.isFinite(qps) && qps >= 0) speaking += qps;
  for (const [name, share] of trusted.sources) {
    const now = sources.find(({ source }) => source === name);
    const isSilent = now === undefined || now.at <= at - FRESH_MS || !(now.qps > 0);
    if (isSilent && share >= SOURCE_SHARE) silentShare += share;
  }
  return silentShare === 0 || silentShare > 0.95 || speaking <= 0 ? null : speaking / (1 - silentShare);
}

/** What speaks against a zero. @param isBusy of the replicas' CPU; null: it is silent, and connections have to say that nothing is there */
function isStillThere(before: number, isBusy: boolean | null, cpu: number | null, connections: number | null, expected: number | null): boolean {
  if (isBusy === null) return connections === null || connections > STILL_THERE * before;
  if (isBusy || (cpu ?? 0) > STILL_THERE * before) return true;
  if (cpu === null || cpu <= HARDLY_THERE * before) return false;
  return (connections ?? 0) > HARDLY_THERE * before || (expected !== null && cpu > expected / 2);
}

function judge(state: State, observation: Observation, reading: Reading, cpu: number | null, parts: number | null, expected: number | null, connections: number | null): Witness['verdict'] | null {
  const { latest } = reading;
  if (latest === null) return reading.isInvalid ? 'invalid' : reading.isLate ? 'late' : 'missing';
  const qps = latest.value;
  const busy = observation.ready * observation.capacity.cpuMilli * IDLE_SHARE;
  const cpuMilli = fresh(observation.cpuMilli, observation.at);
  if (qps === 0 && observation.ready > 0 && state.trusted.qps > 1 && isStillThere(state.trusted.qps, cpuMilli === null ? null : cpuMilli > busy, cpu, connections, expected)) return 'zero';
  if (parts !== null && !(cpu !== null && Math.abs(cpu - qps) <= 0.1 * qps)) return 'partial';
  if (isStuck(reading.recent, qps)) return 'stuck';
  if (cpu !== null && cpu > CONTRADICTS * qps && cpuMilli !== null && cpuMilli > HARD_AT_WORK * observation.ready * observation.capacity.cpuMilli && state.cost.weight >= 6) return 'contradicts';
  let before = 0;
  for (const level of state.levels) before = Math.max(before, level);
  if (qps >= DROP_SHARE * before || before < STUCK_LEAST_QPS) return null;
  const isConfirmed = (cpu !== null && cpu <= 0.5 * before) || (connections !== null && connections <= 0.5 * before) || (expected !== null && expected <= 3 * qps);
  return isConfirmed ? null : 'dropped';
}

function isStuck(recent: readonly number[], value: number): boolean {
  if (value < STUCK_LEAST_QPS) return false;
  let [count, since] = [0, Infinity];
  for (let index = recent.length - 2; index >= 0 && recent[index + 1] === value; index -= 2) {
    count += 1;
    since = recent[index]!;
  }
  return count >= STUCK_SAMPLES && (recent[recent.length - 2] ?? 0) - since >= STUCK_MS;
}

/** Demand while it cannot be read. */
function substitute(verdict: Witness['verdict'] | null, sum: number | null, parts: number | null, cpu: number | null, connections: number | null, expected: number | null, state: State): number | null {
  const last = state.levels.at(-1);
  switch (verdict) {
    case 'partial':
      return Math.max(parts ?? 0, sum ?? 0, cpu ?? 0);
    case 'contradicts':
    case 'stuck':
      return cpu ?? connections ?? Math.max(sum ?? 0, expected ?? 0);
    default:
      return cpu ?? connections ?? expected ?? (last !== undefined && last >= 0 ? last : null);
  }
}

function trust(state: State, observation: Observation, level: number): State['trusted'] {
  const sum = observation.sources.reduce((all, { qps }) => all + Math.max(0, qps), 0);
  return {
    qps: Math.round(level),
    // What was there and is silent is remembered, for it is missed.
    cpuMilli: fresh(observation.cpuMilli, observation.at) ?? state.trusted.cpuMilli,
    connections: fresh(observation.connections, observation.at) ?? state.trusted.connections,
    sources: sum <= 0 ? [] : observation.sources.slice(0, 50).map(({ source, qps }) => [source, Math.round((1000 * qps) / sum) / 1000] as const),
  };
}

/** CPU over QPS, a day's memory of samples of 10 s. What is saturated or idle teaches nothing. */
function learnCost(cost: State['cost'], observation: Observation, qps: number | null): State['cost'] {
  const cpu = fresh(observation.cpuMilli, observation.at);
  const most = observation.ready * observation.capacity.cpuMilli;
  if (cpu === null || qps === null || qps < 1 || cpu <= 0 || cpu >= 0.9 * most || observation.isDeploying) return cost;
  const keep = 1 - 1 / 8640;
  return { weight: cost.weight * keep + 1, qps: cost.qps * keep + qps, cpu: cost.cpu * keep + cpu, qpsQps: cost.qpsQps * keep + qps * qps, qpsCpu: cost.qpsCpu * keep + qps * cpu };
}

/** Demand is so near to what is there that waiting for the next decision would be too late. Cheap: asked every 2 s. */
export function isUrgent(capacity: Capacity, ready: number, fast: number | null): boolean {
  return fast !== null && ready > 0 && fast > SATURATED * fullQps(capacity, ready);
}
