// Which of a workload's replicas should run which release. Takes what the workload has (replicas that run, pairs, openings) and how many it
// should have; gives a release for every opening, pairs that go back to the replica which was to leave, and what else is to change, in which
// order. Carries nothing out: renew.ts does, as far as room and surge allow.

import type { Replica, Rollout, Share, Workload } from './model.ts';
import type { Pair } from './pairs.ts';
import { type Base, indexOfHost } from './prepare.ts';
import { resolve } from './rollout/share.ts';

/** What a workload asks of releases now. */
export interface ReleaseTerms {
  /** The workload's own. */
  readonly own: string;
  /** Replicas that should run the other release; every further one runs its own. */
  readonly next: { readonly releaseId: string; readonly replicas: number } | undefined;
  readonly order: Rollout['order'];
  /** Pairs of two releases that may be under way at once. */
  readonly surge: number;
  /** Units that may be missing at once. */
  readonly unavailable: number;
}

/** What a rollout left behind ends by itself, a quarter of the workload at a time. */
const USUAL_SURGE: Share = { permille: 250 };

/** @param replicas how many the workload should have */
export function releaseTerms({ releaseId, rollout }: Workload, replicas: number): ReleaseTerms {
  const atLeastOne = (share: Share) => Math.max(1, resolve(share, replicas));
  if (rollout === undefined) return { own: releaseId, next: undefined, order: 'start-first', surge: atLeastOne(USUAL_SURGE), unavailable: 1 };
  const next = rollout.releaseId === releaseId ? undefined : { releaseId: rollout.releaseId, replicas: resolve(rollout.target, replicas) };
  return { own: releaseId, next, order: rollout.order, surge: atLeastOne(rollout.surge), unavailable: atLeastOne(rollout.unavailable) };
}

/** What a workload has besides its openings. */
export interface Settlement {
  /** Replicas on living hosts that belong to no pair. */
  readonly running: readonly Replica[];
  readonly pairs: readonly Pair[];
  /** Pairs whose successor serves: the replaced one would stop now. The successor is among those that run. */
  readonly takenOver: readonly Pair[];
  /** Replicas without a living host, as they were recorded; undefined: a new one. */
  readonly openings: readonly (Replica | undefined)[];
}

/** Replicas that are to change to a release, those first that lose least. */
export interface Lane {
  readonly releaseId: string;
  readonly count: number;
  readonly candidates: readonly Replica[];
}

export interface Releases {
  /** By position in Settlement.openings. */
  readonly ofOpening: readonly string[];
  /** Pairs whose successor stops, since the replaced one has the right release. */
  readonly backs: readonly Pair[];
  readonly lanes: readonly Lane[];
}

/** Whether everything runs the workload's own release, as nearly always. */
export function isUniform({ own, next }: ReleaseTerms, replicas: readonly Replica[]): boolean {
  return next === undefined && replicas.every(({ releaseId }) => releaseId === own);
}

/** What counts for the order in which replicas change. */
export interface Sight {
  readonly serves: (replica: Replica) => boolean;
  /** Was seen not to serve. */
  readonly fails: (replica: Replica) => boolean;
  /** Must leave its host anyhow. */
  readonly leaves: (replica: Replica) => boolean;
}

export function releases(base: Base, { own, next }: ReleaseTerms, has: Settlement, sees: Sight): Releases {
  const nextId = next?.releaseId;
  const target = next?.replicas ?? 0;
  const backs = backsOf(own, next, has, sees.serves);
  const gone = new Set(backs.map(({ successor }) => successor.id));
  // What everything that stays will run once its pair is one replica.
  const stays = [...has.running.filter(({ id }) => !gone.has(id)), ...backs.map(({ leaving }) => leaving), ...has.pairs.filter(({ successor }) => !gone.has(successor.id)).map(({ successor }) => successor)];
  const onNext = stays.filter(({ releaseId }) => releaseId === nextId).length;
  const ofOpening = releasesOfOpenings(own, nextId, has.openings, target - onNext);
  const missing = target - onNext - ofOpening.filter((releaseId) => releaseId === nextId).length;
  const free = has.running.filter(({ id }) => !gone.has(id));
  const among = (releaseId: string | undefined) => free.filter((replica) => replica.releaseId === releaseId);
  const others = free.filter(({ releaseId }) => releaseId !== own && releaseId !== nextId);
  const lanes: Lane[] = [];
  // What runs a third release has to change anyhow.
  if (nextId !== undefined && missing > 0) lanes.push({ releaseId: nextId, count: missing, candidates: [...inOrder(base, others, stays, nextId, sees), ...inOrder(base, among(own), stays, nextId, sees)] });
  if (missing < 0) lanes.push({ releaseId: own, count: -missing, candidates: inOrder(base, among(nextId), stays, own, sees) });
  if (others.length > 0) lanes.push({ releaseId: own, count: others.length, candidates: inOrder(base, others, stays, own, sees) });
  return { ofOpening, backs, lanes };
}

/**
 * Pairs that end best by stopping the successor: its release is too many by now, and the replaced one has a right one. Where the successor
 * serves and the replaced one does not, nothing is gained by it.
 */
function backsOf(own: string, next: ReleaseTerms['next'], { running, pairs, takenOver }: Settlement, serves: (replica: Replica) => boolean): Pair[] {
  const all = [...pairs, ...takenOver];
  if (all.every(({ leaving, successor }) => leaving.releaseId === successor.releaseId)) return [];
  const inPair = new Set(takenOver.map(({ successor }) => successor.id));
  const held = [...running.filter(({ id }) => !inPair.has(id)), ...all.map(({ successor }) => successor)];
  let onNext = held.filter(({ releaseId }) => releaseId === next?.releaseId).length;
  const target = next?.replicas ?? 0;
  const known = new Set([own, next?.releaseId]);
  const found: Pair[] = [];
  // What does not serve yet goes first: the way back is shortest there.
  for (const pair of [...pairs.toReversed(), ...takenOver.toReversed()]) {
    const [to, from] = [pair.leaving.releaseId, pair.successor.releaseId];
    if (to === from || !known.has(to) || (pair.successor.successor?.state === 'serving' && !serves(pair.leaving))) continue;
    const isWrong = !known.has(from) || (from === own ? onNext < target : onNext > target);
    if (!isWrong) continue;
    found.push(pair);
    onNext += Number(to === next?.releaseId) - Number(from === next?.releaseId);
  }
  return found;
}

/** What has no container yet takes a release that is missing; what had one keeps it where it can. */
function releasesOfOpenings(own: string, next: string | undefined, openings: Settlement['openings'], missing: number): string[] {
  if (next === undefined || missing <= 0) return openings.map(() => own);
  const rank = (replica: Replica | undefined) => (replica?.releaseId === next ? 0 : replica === undefined ? 1 : replica.hostId === null ? 2 : 3);
  const chosen = new Set([...openings.keys()].sort((one, other) => rank(openings[one]) - rank(openings[other]) || one - other).slice(0, missing));
  return openings.map((_, index) => (chosen.has(index) ? next : own));
}

/**
 * Those that were seen not to serve first; then those that must leave anyhow, since one successor does for both; then so that the release spreads
 * over racks and their hosts.
 */
function inOrder(base: Base, candidates: readonly Replica[], stays: readonly Replica[], releaseId: string, { fails, leaves }: Sight): Replica[] {
  const onHost = new Map<number, number>();
  const inRack = new Map<number, number>();
  const add = (counts: Map<number, number>, key: number) => {
    const before = counts.get(key) ?? 0;
    counts.set(key, before + 1);
    return before;
  };
  for (const replica of stays) {
    const host = indexOfHost(base, replica.hostId);
    if (replica.releaseId !== releaseId || host < 0) continue;
    add(onHost, host);
    add(inRack, base.rackOf[host]!);
  }
  const ranked = candidates.map((replica) => {
    const host = indexOfHost(base, replica.hostId);
    return { replica, host, turn: fails(replica) ? 0 : leaves(replica) ? 1 : 2, onHost: 0, rack: 0 };
  });
  ranked.sort((one, other) => one.turn - other.turn || one.replica.ordinal - other.replica.ordinal);
  for (const each of ranked) each.onHost = add(onHost, each.host);
  ranked.sort((one, other) => one.turn - other.turn || one.onHost - other.onHost || one.replica.ordinal - other.replica.ordinal);
  for (const each of ranked) each.rack = add(inRack, base.rackOf[each.host]!);
  ranked.sort((one, other) => one.turn - other.turn || one.rack - other.rack || one.onHost - other.onHost || one.replica.ordinal - other.replica.ordinal);
  return ranked.map(({ replica }) => replica);
}
