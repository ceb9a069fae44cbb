// Whether traffic may be shifted between sites: what the gaining side would have to carry, in QPS, replicas and cores, whether these have room
// there, and how much it can carry if not. Takes a base, names with weights before and after, and what runs; gives loads and refusals as data.
// Room is found by the code that places for real, on the hosts of that site alone; one name after the other, each on what the one before left.
import { applyPlan } from '../apply-plan.ts';
import type { Sizing, Workload } from '../model.ts';
import { type Base, prepare } from '../prepare.ts';
import { byText } from '../resources.ts';
import { said, type Said, saying, type Saying } from '../said.ts';
import { sizeWorkload } from '../schedule.ts';
import { isRefusal } from '../size.ts';
import { decay, type DecayPoint } from './decay.ts';
import type { NameSpec, Site, Weights } from './model.ts';
import { siteAlone, tried } from './room.ts';
import { shares, type Nearby } from './share.ts';
import { dataOf, stageAt, weightOf } from './stages.ts';

export interface NameShift {
  readonly spec: NameSpec;
  readonly workloadId: string;
  readonly ttlSeconds: number;
  /** For every site that is concerned. */
  readonly before: Weights;
  readonly after: Weights;
  readonly nearby: Nearby;
}

export interface ShiftInput {
  readonly base: Base;
  readonly sites: readonly Site[];
  readonly names: readonly NameShift[];
  readonly steps: number;
  readonly stepSeconds: number;
}

export type ShiftRefusalCode = 'one-way-data' | 'stage' | 'no-room' | 'site-failed' | 'site-drained' | 'site-unknown' | 'no-sum';

export interface ShiftLoad {
  readonly name: string;
  readonly site: string;
  readonly beforePermille: number;
  readonly afterPermille: number;
  readonly peakQps: number;
  readonly replicas: number;
  readonly running: number;
  readonly missing: number;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly fits: boolean;
  readonly carriesPermille: number;
  readonly carriesNowPermille: number;
  readonly refusal: { readonly code: ShiftRefusalCode; readonly sentence: string; readonly said: readonly Saying[] } | null;
}

export interface ShiftAnswer {
  readonly loads: readonly ShiftLoad[];
  /** By name: share of its clients that goes elsewhere afterwards. */
  readonly movedPermille: Readonly<Record<string, number>>;
  readonly decay: readonly DecayPoint[];
  readonly doneAfterSeconds: number;
  readonly refusals: readonly ShiftRefusal[];
}

export interface ShiftRefusal {
  readonly code: string;
  readonly name: string | null;
  readonly site: string | null;
  readonly sentence: string;
  readonly said: readonly Saying[];
}

/** As refuse-ask.ts has it. */
const MOST_REPLICAS = 10_000;

export function shift({ base, sites, names, steps, stepSeconds }: ShiftInput): ShiftAnswer {
  const rooms = new Map<string, Base>();
  const loads: ShiftLoad[] = [];
  const refusals: ShiftRefusal[] = [];
  const moved: { name: string; permille: number; ttlSeconds: number; qps: number }[] = [];
  for (const each of names) {
    const workload = base.workloads.get(each.workloadId);
    const sizing = workload === undefined ? undefined : sizeWorkload({ ...workload, decision: undefined }, base);
    if (workload === undefined || sizing === undefined || isRefusal(sizing)) {
      refusals.push({ code: 'no-sum', name: each.spec.name, site: null, ...refused(said('no-sum', { name: each.spec.name }, '{name}: its workload has no sum to shift by')) });
      continue;
    }
    const { before, after } = sharesOf(each, sites);
    refusals.push(...unserved(each, sites));
    const concerned = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(byText).filter((site) => (before[site] ?? 0) !== (after[site] ?? 0));
    for (const site of concerned) {
      const load = loadAt({ base, rooms, sites }, { each, workload, sizing, site, beforePermille: before[site] ?? 0, afterPermille: after[site] ?? 0 });
      loads.push(load);
      if (load.refusal !== null) refusals.push({ ...load.refusal, name: each.spec.name, site });
    }
    if (Object.keys(after).length === 0) refusals.push({ code: 'no-site', name: each.spec.name, site: null, ...refused(said('no-site', { name: each.spec.name }, '{name} would have no site left that serves it')) });
    const permille = concerned.reduce((sum, site) => sum + Math.max(0, (before[site] ?? 0) - (after[site] ?? 0)), 0);
    moved.push({ name: each.spec.name, permille, ttlSeconds: each.ttlSeconds, qps: workload.ask.peakQps });
  }
  const total = moved.reduce((sum, { qps }) => sum + qps, 0);
  const inSteps = moved.flatMap(({ permille, ttlSeconds, qps }) => Array.from({ length: steps }, (_, step) => ({ permille: (permille * qps) / total / steps, atSeconds: step * stepSeconds, ttlSeconds })));
  const { points, doneAfterSeconds } = decay(inSteps);
  return { loads, movedPermille: Object.fromEntries(moved.map(({ name, permille }) => [name, permille])), decay: points, doneAfterSeconds, refusals };
}

/** Shares of the clients before and after: only sites count that may serve it and have something to serve with, or would get it. */
function sharesOf({ spec, before, after, nearby }: NameShift, sites: readonly Site[]): { readonly before: Record<string, number>; readonly after: Record<string, number> } {
  const all = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const may = all.filter((site) => stageAt(site, spec, dataOf(site, sites)).serves);
  const isMarked = (site: string) => spec.failedAt.includes(site) || (sites.find(({ name }) => name === site)?.mark ?? null) !== null;
  const isThere = (site: string) => spec.targets.some((target) => target.site === site);
  const serving = may.filter((site) => isThere(site) && !isMarked(site));
  // Where somebody gives a weight on purpose, replicas are to come.
  const then = may.filter((site) => (isThere(site) && !isMarked(site)) || weightOf(after, site) > weightOf(before, site));
  return { before: shares(spec, before, serving, nearby), after: shares(spec, after, then, nearby) };
}

const refused = (why: Said): Pick<ShiftRefusal, 'sentence' | 'said'> => ({ sentence: why.sentence, said: [saying(why)] });

/** Sites whose weight is to rise although no client may ever be sent there. */
function unserved({ spec, before, after }: NameShift, sites: readonly Site[]): ShiftRefusal[] {
  const { name } = spec;
  return Object.keys(after).sort(byText).flatMap((site) => {
    if (weightOf(after, site) <= (before[site] ?? 0)) return [];
    const { serves, code, why, said: stage } = stageAt(site, spec, dataOf(site, sites));
    const cannot = said('cannot-be-shifted', { name, site }, '{name} cannot be shifted to {site}');
    return serves ? [] : [{ code, name, site, sentence: `${cannot.sentence}: ${why}`, said: [saying(cannot), stage] }];
  });
}

interface World {
  readonly base: Base;
  readonly sites: readonly Site[];
  /** What is left of each site, as if there were its hosts alone. */
  readonly rooms: Map<string, Base>;
}

interface Wanted {
  readonly each: NameShift;
  readonly workload: Workload;
  readonly sizing: Sizing;
  readonly site: string;
  readonly beforePermille: number;
  readonly afterPermille: number;
}

function loadAt(world: World, wanted: Wanted): ShiftLoad {
  const { each: { spec }, workload, sizing, site, beforePermille, afterPermille } = wanted;
  const full = Math.min(MOST_REPLICAS, Math.max(sizing.forPeak, 1));
  const needed = Math.ceil((full * afterPermille) / 1000);
  const running = spec.targets.filter((target) => target.site === site && target.isHealthy).length;
  const gains = afterPermille > beforePermille;
  const most = gains ? mostAt(world, wanted, full, needed) : full;
  const fits = needed <= Math.max(most, running);
  const carries = (replicas: number) => Math.min(1000, Math.floor((replicas * 1000) / full));
  const load = {
    name: spec.name,
    site,
    beforePermille,
    afterPermille,
    peakQps: Math.ceil((workload.ask.peakQps * afterPermille) / 1000),
    replicas: needed,
    running,
    missing: Math.max(0, needed - running),
    cpuMilli: needed * sizing.shape.cpuMilli,
    memoryMib: needed * sizing.shape.memoryMib,
    fits,
    carriesPermille: carries(Math.max(most, running)),
    carriesNowPermille: carries(running),
  };
  return { ...load, refusal: gains ? refusalOf(world, wanted, load) : null };
}

/** Most replicas of it that the site can hold; what is needed stays taken for the names that follow. */
function mostAt({ base, rooms }: World, { workload, site }: Wanted, full: number, needed: number): number {
  const room = rooms.get(site) ?? siteAlone(base.snapshot, site);
  const there = room.replicasOf.get(workload.id)?.length ?? 0;
  const all = Math.max(full, there);
  const whole = tried(room, workload, all);
  const most = whole.isRefused ? there : all - whole.missing;
  const taken = tried(room, workload, Math.max(there, Math.min(needed, most)));
  rooms.set(site, taken.isRefused || taken.plan.steps.length === 0 ? room : prepare(applyPlan(room.snapshot, taken.plan)));
  return most;
}

function refusalOf({ base, sites }: World, { site, each: { spec }, sizing }: Wanted, load: Omit<ShiftLoad, 'refusal'>): ShiftLoad['refusal'] {
  const mark = sites.find(({ name }) => name === site)?.mark ?? null;
  const { name } = spec;
  if (!base.hosts.some((host) => host.site === site)) return { code: 'site-unknown', ...refused(said('no-host', { site }, 'no host is at {site}')) };
  if (mark === 'drained') return { code: 'site-drained', ...refused(said('undo-the-drain', { site }, '{site} is drained: undo that first')) };
  if (mark === 'failed') return { code: 'site-failed', ...refused(said('site-is-failed', { site }, '{site} is failed: it takes no clients until it is well again')) };
  if (spec.failedAt.includes(site)) return { code: 'site-failed', ...refused(said('name-is-failed', { site, name }, '{name} at {site} is failed: it takes no clients until it is well again')) };
  if (load.fits) return null;
  const { replicas, peakQps: qps, afterPermille, carriesPermille } = load;
  const figures = { site, name, share: afterPermille / 10, replicas, cores: sizing.shape.cpuMilli / 1000, qps, room: Math.floor((carriesPermille * Math.max(sizing.forPeak, 1)) / 1000), carries: carriesPermille / 10 };
  const barely = Math.floor(figures.room * sizing.qpsPerReplica.q);
  return { code: 'no-room', ...refused(said('no-room', { ...figures, barely }, '{site} cannot carry {share} % of {name}: {replicas} replicas of {cores} cores are needed there for {qps} QPS and {room} have room, which carry {carries} % ({barely} QPS without headroom)')) };
}
