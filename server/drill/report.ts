// What came of a drill as a report: totals, what ran out and when in sentences, what was tried, series for charts. Takes pure outcomes, decides nothing.
import type { DaySeries, Outcome, Remedy, Shortage } from '#scheduler/drill/model.ts';
import type { Snapshot } from '#scheduler/model.ts';
import { said, type Said, saying } from '#scheduler/said.ts';
import type { DrillEvent, DrillRemedy, DrillReport, DrillSeries, DrillTotals, DrillVerdict } from '../http/contract/drill.ts';
import { instant } from '../http/show/show.ts';
import type { PreparedDrill } from './input.ts';

const DAY_MS = 86_400_000;
const MOST_EVENTS = 200;
/** Above this share of requests shed, the day has failed. */
const FAILS_PERCENT = 1;
/** A change that saves less than this share of what was shed does not help. */
const HELPS = 0.02;

export interface Tried {
  readonly remedy: Remedy;
  readonly outcome: Outcome;
}

export function reportOf({ present, day, input }: PreparedDrill, outcome: Outcome, tried: readonly Tried[]): DrillReport {
  const { snapshot } = present;
  const names = new Map(snapshot.workloads.map(({ id, name }) => [id, name]));
  const remedies = tried.map((each) => remedyOf(each, outcome)).sort((one, other) => other.savedRequests - one.savedRequests);
  return {
    revision: present.revision,
    policyVersion: snapshot.policy.version,
    fleet: fleetOf(snapshot, input.pools),
    day: { name: day.name, from: instant(day.from), to: instant(day.from + DAY_MS), points: day.points, warnings: day.warnings.map(({ sentence }) => sentence), warningsSaid: day.warnings.map(saying) },
    totals: totalsOf(outcome.totals),
    runsOut: outcome.shortages.slice(0, MOST_EVENTS).map((shortage) => eventOf(shortage, names.get(shortage.workloadId) ?? shortage.workloadId)),
    remedies,
    series: seriesOf(outcome.series),
    workloads: outcome.workloads.map(({ workloadId, workload, totals, series, openings }) => ({ workloadId, workload, totals: totalsOf(totals), series: seriesOf(series), openings: openings.map(({ at, ...opening }) => ({ ...opening, at: instant(at) })) })),
    verdict: verdictOf(outcome, remedies),
  };
}

export const totalsOf = ({ worstMinute, ...totals }: Outcome['totals']): DrillTotals => ({ ...totals, worstMinute: worstMinute === null ? null : { at: instant(worstMinute.at), shedPercent: worstMinute.shedPercent } });

function seriesOf({ from, stepSeconds, ...points }: DaySeries): DrillSeries {
  const copied = Object.fromEntries(Object.entries(points).map(([name, values]) => [name, [...values]])) as unknown as Omit<DrillSeries, 'from' | 'stepSeconds'>;
  return { from: instant(from), stepSeconds, ...copied };
}

function fleetOf({ hosts, replicas }: Snapshot, pools: PreparedDrill['input']['pools']): DrillReport['fleet'] {
  const alive = hosts.filter(({ state }) => state === 'ready');
  const cpuMilli = alive.reduce((sum, { capacity }) => sum + capacity.cpuMilli, 0);
  const used = replicas.reduce((sum, { hostId, shape }) => (hostId === null ? sum : sum + shape.cpuMilli), 0);
  return { hosts: alive.length, cores: cpuMilli / 1000, freeCores: Math.max(0, cpuMilli - used) / 1000, pools: pools.length, poolVms: pools.reduce((sum, { limit }) => sum + limit, 0) };
}

const WHAT: Readonly<Record<Shortage['what'], (each: Shortage) => string>> = {
  max: ({ wanted, available }) => `would want ${wanted} replicas, and ${available} is the most that was granted`,
  quota: ({ wanted, available }) => `would want ${wanted} replicas, and the quota leaves ${available}`,
  'private-room': ({ wanted, available }) => `wants ${wanted} replicas, and private hosts have room for ${available}`,
  addresses: ({ wanted, available }) => `wants ${wanted} replicas, and the networks have addresses for ${available}`,
  'cloud-limit': ({ wanted, available }) => `wants ${wanted} replicas, ${available} have room, and the pools have no VM left for the others`,
  'spend-cap': ({ wanted, available }) => `wants ${wanted} replicas, ${available} have room, and the spend cap allows no further VM`,
  'not-cloud-eligible': ({ wanted, available }) => `wants ${wanted} replicas, ${available} have room, and it may not go to the cloud`,
  'start-delay': ({ wanted, available }) => `needs ${wanted} replicas, and ${available} serve: the others are still starting`,
};

function eventOf(shortage: Shortage, workload: string): DrillEvent {
  const { at, until, what, wanted, available, shedRequests } = shortage;
  return { at: instant(at), until: until === null ? null : instant(until), what, workload, wanted, available, shedRequests, sentence: `${workload} ${WHAT[what](shortage)}${shedRequests > 0 ? `; ${whole(shedRequests)} requests are shed` : ''}.` };
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

const TRIED: Readonly<Record<Remedy['code'], (data: Remedy['data']) => string>> = {
  'autoscale-on': ({ workloads }) => `With the autoscaler on for ${workloads} more workloads`,
  'more-quota': ({ replicas }) => `With a quota that leaves room for ${replicas} replicas`,
  'higher-max': ({ replicas }) => `With up to ${replicas} replicas granted`,
  'warm-room': ({ vms, minutes }) => `With ${vms} VMs ready ${minutes} minutes before the worst minute`,
  'earlier-floor': ({ replicas, minutes }) => `With a floor of ${replicas} replicas from ${minutes} minutes before the worst minute`,
  'another-pool': ({ vms }) => `With twice the ${vms} VMs that pools have`,
  'higher-spend-cap': () => 'Without the spend cap of the drill',
  'allow-cloud': () => 'If what ran short might go to the cloud',
  'all-together': ({ remedies }) => `With all ${remedies} changes together`,
};

function remedyOf({ remedy, outcome }: Tried, before: Outcome): DrillRemedy {
  const saved = before.totals.shedRequests - outcome.totals.shedRequests;
  const extra = outcome.totals.fleetCents - before.totals.fleetCents + (outcome.totals.cloudCents - before.totals.cloudCents);
  const helps = saved > HELPS * before.totals.shedRequests;
  const said = helps ? `${outcome.totals.shedPercent} % would be shed instead of ${before.totals.shedPercent} %` : `nothing would change: ${outcome.totals.shedPercent} % would still be shed`;
  return { code: remedy.code, data: { ...remedy.data }, shedPercent: outcome.totals.shedPercent, savedRequests: saved, extraCents: extra, helps, sentence: `${TRIED[remedy.code](remedy.data)}, ${said}.` };
}

function verdictOf({ totals, shortages }: Outcome, remedies: readonly DrillRemedy[]): DrillReport['verdict'] {
  const spoken = (code: DrillVerdict['code'], ...parts: readonly Said[]): DrillVerdict => ({ code, sentence: parts.map(({ sentence }) => sentence).join(''), said: parts.map(saying) });
  if (totals.shedRequests === 0) return spoken('carries', said('carries', { replicas: totals.peakReplicas, hosts: totals.peakHosts }, 'The fleet carries this day: nothing is shed, with at most {replicas} replicas on {hosts} hosts.'));
  const first = shortages.find(({ shedRequests }) => shedRequests > 0);
  const best = remedies.find(({ helps, code }) => helps && code !== 'all-together');
  const shed = { percent: totals.shedPercent, minutes: totals.minutesShedding };
  const sheds = first === undefined ? said('sheds', shed, '{percent} % of requests are shed in {minutes} minutes.') : said('sheds-from', { ...shed, at: instant(first.at) }, '{percent} % of requests are shed in {minutes} minutes, first at {at}.');
  const helps = best === undefined ? [] : [said('best-remedy', { ...withoutNulls(best.data), remedy: best.code, shedPercent: best.shedPercent }, ` ${best.sentence}`)];
  return spoken(totals.shedPercent >= FAILS_PERCENT ? 'fails' : 'sheds', sheds, ...helps);
}

const withoutNulls = (data: DrillRemedy['data']): Record<string, string | number> => Object.fromEntries(Object.entries(data).filter((entry): entry is [string, string | number] => entry[1] !== null));
