// What to buy now: the cheapest mix of VMs that gives what waits (or is about to) its room, within the spend cap, the pools' limits and the
// addresses that are left. Takes the outlook, the offers and the money; gives the mix, what it is for, what it leaves, and each bound that cut it.
// Never buys for what no VM could hold.
import type { Pool, Snapshot } from '../model.ts';
import type { Solve } from '../pack/problem.ts';
import { buy } from '../questions/buy.ts';
import { joinHosts, poolHost, poolPrefix } from '../questions/join-hosts.ts';
import type { Need } from '../questions/needs.ts';
import { centsFor } from './charges.ts';
import type { MixLine, Offer, RoomLine } from './model.ts';
import { countOf, type Deciding, lacking, roomLines } from './outlook.ts';
import { type Said, said } from '../said.ts';
import { isWarmRoom } from './warm-room.ts';

export interface Money {
  /** What may still be added to what VMs cost an hour. */
  readonly leftCentsPerHour: number;
  /** What may still be spent today, with what is promised taken off. */
  readonly leftCentsToday: number;
  readonly capCentsPerHour: number;
  readonly capCentsPerDay: number;
  /** How long a VM that is bought now is expected to stay, and how much of it lies in today. */
  readonly stayMs: number;
  readonly stayTodayMs: number;
}

export interface Purchase {
  readonly mix: readonly MixLine[];
  /** Without the caps: what would be bought. */
  readonly wouldBuy: readonly MixLine[];
  readonly centsPerHour: number;
  readonly predictedCents: number;
  readonly givesRoomFor: readonly RoomLine[];
  readonly leaves: readonly (RoomLine & { readonly reason: Said })[];
  readonly bounded: readonly Said[];
  readonly reasons: readonly Said[];
}

export interface PurchaseOptions extends Deciding {
  readonly solve?: Solve | undefined;
}

const NOTHING: Purchase = { mix: [], wouldBuy: [], centsPerHour: 0, predictedCents: 0, givesRoomFor: [], leaves: [], bounded: [], reasons: [] };
/** Mixes that are tried when money cuts one down. */
const MOST_CUTS = 40;

/** @param ahead the outlook, without the pools */
export function purchase(ahead: Snapshot, offers: readonly Offer[], money: Money, options: PurchaseOptions): Purchase {
  const needs = lacking(ahead, options);
  if (countOf(needs) === 0) return NOTHING;
  const open = offers.filter(({ problem }) => problem === null);
  const pools = open.map(({ pool, out, rangesLeft }) => ({ ...pool, limit: Math.max(0, Math.min(pool.limit - out, rangesLeft)) }));
  const best = pools.length === 0 ? [] : buy({ ...ahead, pools }, options).bought.map(({ pool, count }) => ({ pool, count }));
  const kept = best.length === 0 ? best : withinMoney(ahead, best, open, money, options);
  const after = kept.length === 0 ? needs : lacking(withVms(ahead, kept), options);
  const ideal = same(kept, best) ? after : lacking(withVms(ahead, best), options);
  const billingOf = new Map(open.map(({ pool, billingMs }) => [pool.id, billingMs]));
  const predictedCents = kept.reduce((sum, { pool, count }) => sum + count * centsFor({ costCentsPerHour: pool.costCentsPerHour, billingMs: billingOf.get(pool.id)! }, money.stayMs), 0);
  return {
    mix: kept.map(lineOf),
    wouldBuy: best.map(lineOf),
    centsPerHour: costOf(kept),
    predictedCents,
    givesRoomFor: difference(roomLines(needs), roomLines(after)),
    leaves: roomLines(after).map((line) => ({ ...line, reason: whyLeft(line.workload, after, ideal) })),
    bounded: [...moneyBounds(kept, best, money), ...policyBounds(ahead, ideal), ...offerBounds(offers, best, after)],
    reasons: reasonsOf(needs),
  };
}

type Bought = readonly { readonly pool: Pool; readonly count: number }[];

const costOf = (mix: Bought): number => mix.reduce((sum, { pool, count }) => sum + pool.costCentsPerHour * count, 0);
const lineOf = ({ pool, count }: Bought[number]): MixLine => ({ poolId: pool.id, pool: pool.name, count, capacity: pool.capacity, costCentsPerHour: pool.costCentsPerHour });
const same = (one: Bought, other: Bought): boolean => costOf(one) === costOf(other) && one.length === other.length;
const withVms = (snapshot: Snapshot, mix: Bought): Snapshot => mix.reduce((now, { pool, count }) => joinHosts(now, poolHost(pool), count, poolPrefix(pool)), snapshot);

/** Leaves VMs out, each time those that are missed least for their money, half of what is too dear at once, until caps are kept. */
function withinMoney(ahead: Snapshot, best: Bought, offers: readonly Offer[], money: Money, deciding: Deciding): Bought {
  const billingOf = new Map(offers.map(({ pool, billingMs }) => [pool.id, billingMs]));
  const todayOf = ({ pool }: Bought[number]) => centsFor({ costCentsPerHour: pool.costCentsPerHour, billingMs: billingOf.get(pool.id)! }, money.stayTodayMs);
  const overHour = (mix: Bought) => costOf(mix) - money.leftCentsPerHour;
  const overToday = (mix: Bought) => mix.reduce((sum, line) => sum + line.count * todayOf(line), 0) - money.leftCentsToday;
  const missingOf = (mix: Bought) => countOf(lacking(withVms(ahead, mix), deciding));
  let mix = best;
  let missing: number | undefined;
  for (let tries = 0; mix.length > 0 && (overHour(mix) > 0 || overToday(mix) > 0); ) {
    const cuts = mix.map((line, index) => {
      const tooMany = Math.max(overHour(mix) / Math.max(1, line.pool.costCentsPerHour), overToday(mix) / Math.max(1, todayOf(line)));
      const count = Math.min(line.count, Math.max(1, Math.ceil(tooMany / 2)));
      return { saved: count * line.pool.costCentsPerHour, mix: mix.flatMap((each, at) => (at !== index ? [each] : each.count > count ? [{ ...each, count: each.count - count }] : [])) };
    });
    // Where trying would take too long the dearest go.
    const isTried = cuts.length > 1 && tries < MOST_CUTS;
    if (isTried) missing ??= missingOf(mix);
    const rated = cuts.map((cut) => {
      const left = isTried ? missingOf(cut.mix) : 0;
      return { ...cut, left, loss: isTried ? (left - missing!) / Math.max(1, cut.saved) : 0 };
    });
    tries += isTried ? cuts.length : 0;
    const next = rated.reduce((least, each) => (each.loss < least.loss || (each.loss === least.loss && each.saved > least.saved) ? each : least));
    mix = next.mix;
    missing = isTried ? next.left : undefined;
  }
  return mix;
}

function difference(before: readonly RoomLine[], after: readonly RoomLine[]): RoomLine[] {
  const left = new Map(after.map(({ workload, replicas }) => [workload, replicas]));
  return before.flatMap(({ workload, replicas }) => {
    const gained = replicas - (left.get(workload) ?? 0);
    return gained > 0 ? [{ workload, replicas: gained }] : [];
  });
}

function whyLeft(name: string, after: readonly Need[], ideal: readonly Need[]): Said {
  const need = after.find(({ workload }) => workload.name === name);
  if (need?.workload.ask.cloud === 'never') return said('cloud-never', { workload: name }, '{workload} may not use the cloud');
  const count = (needs: readonly Need[]) => countOf(needs.filter(({ workload }) => workload.name === name));
  if (count(ideal) < count(after)) return said('cap', { workload: name }, 'The spend cap leaves no more for {workload}');
  return said('no-pool', { workload: name }, 'No pool that can be bought from now gives {workload} more room');
}

function moneyBounds(kept: Bought, best: Bought, { leftCentsPerHour, leftCentsToday, capCentsPerHour, capCentsPerDay }: Money): Said[] {
  if (same(kept, best)) return [];
  const count = best.reduce((sum, line) => sum + line.count, 0);
  const bought = kept.reduce((sum, line) => sum + line.count, 0);
  const values = { wouldBuy: count, buys: bought, centsPerHour: costOf(best), leftCentsPerHour: Math.max(0, leftCentsPerHour), leftCentsToday: Math.max(0, leftCentsToday), capCentsPerHour, capCentsPerDay };
  if (capCentsPerHour === 0 || capCentsPerDay === 0) return [said('cap-zero', values, 'The spend cap is 0: nothing is bought; would buy {wouldBuy} VMs for {centsPerHour} cents an hour')];
  const isHour = costOf(best) > leftCentsPerHour;
  return [
    isHour
      ? said('cap-hour', values, 'The cap of {capCentsPerHour} cents an hour leaves {leftCentsPerHour}: would buy {wouldBuy} VMs for {centsPerHour} cents an hour, buys {buys}')
      : said('cap-day', values, 'The cap of {capCentsPerDay} cents a day leaves {leftCentsToday}: would buy {wouldBuy} VMs for {centsPerHour} cents an hour, buys {buys}'),
  ];
}

/** The policy's own limit of what the cloud may cost: beyond it nothing is placed there, so nothing more is bought. */
function policyBounds({ policy: { cloud } }: Snapshot, ideal: readonly Need[]): Said[] {
  if (cloud.mostCentsPerHour === null || !ideal.some(({ workload }) => workload.ask.cloud === 'allowed')) return [];
  return [said('policy-cloud', { mostCentsPerHour: cloud.mostCentsPerHour }, 'The policy lets all cloud hosts in use cost {mostCentsPerHour} cents an hour together')];
}

/** Pools that are used up, out of addresses or closed, where something is still without room. */
function offerBounds(offers: readonly Offer[], best: Bought, after: readonly Need[]): Said[] {
  if (!after.some(({ workload }) => workload.ask.cloud === 'allowed')) return [];
  return offers.flatMap(({ pool, out, rangesLeft, problem }) => {
    if (problem !== null) return [problem];
    const count = best.find((line) => line.pool.id === pool.id)?.count ?? 0;
    if (out + count >= pool.limit) return [said('pool-limit', { pool: pool.name, limit: pool.limit }, 'Pool {pool} sells at most {limit}')];
    return count >= rangesLeft ? [said('ranges', { pool: pool.name, left: rangesLeft }, 'Pool {pool} has no more address ranges than {left}')] : [];
  });
}

function reasonsOf(needs: readonly Need[]): Said[] {
  const total = (part: readonly Need[]) => countOf(part);
  const warm = needs.filter(({ workload }) => isWarmRoom(workload));
  const real = needs.filter(({ workload }) => !isWarmRoom(workload));
  return [
    ...(real.length === 0 ? [] : [said('no-room', { replicas: total(real), workloads: new Set(real.map(({ workload }) => workload.id)).size, first: real[0]!.workload.name }, '{replicas} replicas of {workloads} workloads wait for room or soon will, {first} first')]),
    ...(warm.length === 0 ? [] : [said('warm-room', { containers: total(warm) }, 'Warm room lacks {containers} containers')]),
  ];
}
