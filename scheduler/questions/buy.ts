// Which cloud VMs to buy so that what waits gets its room: the cheapest mix found, tried by placing for real.
// Takes a snapshot, the pools that may be used and who waits; gives how many VMs of which pool, and the snapshot with them. The mix comes from
// packing what waits onto VMs of the pools (an integer programme where a solver is given); it is completed where caps or the order of placing
// need more, and replaced by every cheaper one that turns out to do as well. Nothing is bought for replicas that no pool could hold.

import { demandView, feasible, hostView } from '../feasible.ts';
import type { Pool, Snapshot } from '../model.ts';
import { overlay } from '../overlay.ts';
import { pack } from '../pack/pack.ts';
import type { ItemType, PackProblem, Solve } from '../pack/problem.ts';
import { type Base, prepare, withHosts } from '../prepare.ts';
import type { NewId } from '../ordinals.ts';
import { lacking, wantedOf } from '../schedule.ts';
import { cheaperMixes, completed, pruned, type Shop } from './buy-mix.ts';
import { joinHosts, poolHost, poolPrefix } from './join-hosts.ts';
import { countOf, type Need, needsOf } from './needs.ts';
import { QuestionError } from './question-error.ts';

export interface BuyOptions {
  readonly seed: number;
  readonly newId: NewId;
  /** Absent: the mix is constructed and searched without one. */
  readonly solve?: Solve | undefined;
  /** Ids or names; absent: all pools of the snapshot. */
  readonly pools?: readonly string[] | undefined;
  /** Path of `pools` inside the question, for messages. */
  readonly field?: string | undefined;
  /** Only for this workload; absent: for all that wait. */
  readonly workloadId?: string | undefined;
}

export interface Bought {
  /** In the order of the snapshot's pools; nothing where nothing waits or no pool helps. */
  readonly bought: readonly { readonly pool: Pool; readonly count: number }[];
  readonly costCentsPerHour: number;
  /** With the VMs among its hosts, ready and empty. */
  readonly snapshot: Snapshot;
  /** How many of those that it was bought for still find no room: limits, or rules that no pool meets. */
  readonly missing: number;
}

/** Rounds of the packing's search: what waits is little beside a fleet. */
const PACK_STEPS = 300;
/** VMs of one pool that are thought of at most. */
const MOST_OF_POOL = 500;
/** Mixes that are tried by placing, at most. */
const MOST_TRIALS = 60;

/** @throws QuestionError for a pool that does not exist, or where there is none at all */
export function buy(snapshot: Snapshot, options: BuyOptions): Bought {
  const pools = poolsOf(snapshot, options);
  const base = prepare(snapshot);
  const needs = needsOn(base, options.workloadId === undefined ? undefined : [options.workloadId], options);
  const needed = countOf(needs);
  const nothing: Bought = { bought: [], costCentsPerHour: 0, snapshot, missing: needed };
  if (needed === 0) return nothing;
  const shop = shopOf(snapshot, pools, needs, options);
  const counts = best(shop, packed(shop, needs, options));
  const bought = pools.flatMap((pool, index) => (counts[index]! > 0 ? [{ pool, count: counts[index]! }] : []));
  const richer = bought.reduce((now, { pool, count }) => joinHosts(now, poolHost(pool), count, poolPrefix(pool)), snapshot);
  // Without the VMs that are not bought preferences weigh a little differently, so what counts is the fleet as it would be.
  const missing = missingOn(prepare(richer), shop.scope, options);
  if (missing >= needed) return nothing;
  return { bought, costCentsPerHour: bought.reduce((sum, { pool, count }) => sum + pool.costCentsPerHour * count, 0), snapshot: richer, missing };
}

/** Who would find no room in the end. @param scope undefined: all workloads */
function needsOn(base: Base, scope: readonly string[] | undefined, { seed, newId }: BuyOptions): Need[] {
  const choices = { verb: 'place', seed, newId, moves: Number.POSITIVE_INFINITY, complete: true } as const;
  const workloads = scope === undefined ? [...base.workloads.values()] : scope.flatMap((id) => base.workloads.get(id) ?? []);
  return needsOf(base, lacking(base, workloads, choices, scope));
}

/** How many replicas of these workloads find no room. */
function missingOn(base: Base, scope: readonly string[], options: BuyOptions): number {
  return countOf(needsOn(base, scope, options));
}

function poolsOf(snapshot: Snapshot, { pools: wanted, field = 'pools' }: BuyOptions): readonly Pool[] {
  const pools = snapshot.pools ?? [];
  const names = pools.map(({ name }) => name).join(', ');
  if (pools.length === 0) throw new QuestionError(field, 'empty', 'asked where there is a pool to buy from, and no pool is declared');
  for (const [index, one] of (wanted ?? []).entries()) {
    if (!pools.some(({ id, name }) => id === one || name === one)) throw new QuestionError(`${field}.${index}`, one, `one of ${names}`);
  }
  return wanted === undefined ? pools : pools.filter(({ id, name }) => wanted.includes(id) || wanted.includes(name));
}

interface OpenShop extends Shop {
  /** Ids of the workloads that wait. */
  readonly scope: readonly string[];
  /** Of the snapshot with every VM that is thought of. */
  readonly base: Base;
  /** Indices of each pool's VMs in that base, in the order in which they would be bought. */
  readonly vms: readonly (readonly number[])[];
}

/** One base for all mixes: VMs that a mix leaves out are not there yet, so that nothing is placed on them. */
function shopOf(snapshot: Snapshot, pools: readonly Pool[], needs: readonly Need[], options: BuyOptions): OpenShop {
  const stock = pools.map(({ limit }) => Math.max(0, Math.min(limit, mostUseful(needs), MOST_OF_POOL)));
  const known = new Set(snapshot.hosts.map(({ id }) => id));
  const prefixes = pools.map((pool) => `${poolPrefix(pool)}-`);
  const base = prepare(pools.reduce((richer, pool, index) => (stock[index]! > 0 ? joinHosts(richer, poolHost(pool), stock[index]!, poolPrefix(pool)) : richer), snapshot));
  const vms = prefixes.map((prefix, index) =>
    base.hosts
      .flatMap(({ id, rack }, host) => (!known.has(id) && rack === poolHost(pools[index]!).rack && id.startsWith(prefix) ? [{ host, ordinal: Number(id.slice(prefix.length)) }] : []))
      .sort((one, other) => one.ordinal - other.ordinal)
      .map(({ host }) => host),
  );
  const scope = [...new Set(needs.map(({ workload }) => workload.id))];
  const answers = new Map<string, number>();
  const missing = (counts: readonly number[]): number => {
    const key = counts.join(' ');
    const known = answers.get(key);
    if (known !== undefined) return known;
    const hosts = base.hosts.slice();
    for (const [pool, members] of vms.entries()) for (const host of members.slice(counts[pool])) hosts[host] = { ...hosts[host]!, state: 'joining' };
    const answer = missingOn(withHosts(base, hosts), scope, options);
    answers.set(key, answer);
    return answer;
  };
  return { base, scope, vms, stock, costs: pools.map(({ costCentsPerHour }) => costCentsPerHour), missing, trials: () => MOST_TRIALS - answers.size };
}

/** One VM for each replica is as many as could be needed; where the sum itself hangs on the fleet it may come out twice as large. */
function mostUseful(needs: readonly Need[]): number {
  return needs.reduce((sum, { count, refusal }) => sum + (refusal === undefined ? count : 2 * count + 2), 0);
}

/** What packing alone would buy: right where no cap of a rack or site is in the way, else where to start from. */
function packed({ base, vms, stock, costs }: OpenShop, needs: readonly Need[], { solve, seed }: BuyOptions): { readonly counts: number[]; readonly boundCentsPerHour: number } {
  const state = overlay(base);
  // On the fleet with all VMs, since what a workload may have in one domain hangs on how many domains there are.
  const views = needs.map(({ workload, shape, count }) => ({ workload, count, view: demandView(base, workload, shape, wantedOf(base, workload).wanted.demand.caps, null) }));
  const open = stock.flatMap((most, pool) => (most > 0 ? [pool] : []));
  const pools = open.map((pool) => ({ pool, host: vms[pool]![0]!, capacity: [base.usableCpu[vms[pool]![0]!]!, base.usableMemory[vms[pool]![0]!]!] as const }));
  const types = merged(
    views.map(({ workload, count, view }) => ({
      type: { name: workload.name, size: [view.charge.cpuMilli, view.charge.memoryMib], count, mostPerHost: view.caps.perHost },
      accepts: pools.map(({ host }) => feasible(hostView(state, host, workload.id), { ...view, caps: {} }) === undefined),
    })),
    Math.max(0, ...pools.map(({ capacity: [cpuMilli, memoryMib] }) => Math.max(cpuMilli, memoryMib))),
  );
  const problem: PackProblem = {
    resources: ['cpuMilli', 'memoryMib'],
    classes: pools.map(({ pool, capacity }, index) => ({ name: `pool ${pool}`, hosts: stock[pool]!, capacity, cost: costs[pool]!, accepts: types.map(({ accepts }) => accepts[index]!) })),
    types: types.map(({ type }) => type),
  };
  const counts = stock.map(() => 0);
  if (open.length === 0) return { counts, boundCentsPerHour: 0 };
  const { bins, certificate } = pack(problem, { solve, seed, more: (done) => done < PACK_STEPS });
  for (const { classIndex, hosts } of bins) counts[open[classIndex]!]! += hosts;
  // With more domains fewer replicas may do, and the bound is for as many as there are now.
  const isSure = needs.every(({ workload }) => workload.ask.survive === 'none');
  return { counts, boundCentsPerHour: isSure ? certificate.bound / certificate.scale : 0 };
}

interface Wanting {
  readonly type: ItemType;
  /** One flag for each pool. */
  readonly accepts: readonly boolean[];
}

/** Those that are alike are one type for packing, which is quicker by their number. @param most that any VM has of any resource */
function merged(all: readonly Wanting[], most: number): Wanting[] {
  const alike = Map.groupBy(all, ({ type: { size, count, mostPerHost }, accepts }, index) => {
    // A cap that no VM is large enough to reach is none; any other is of one workload only.
    const isCapped = mostPerHost !== undefined && mostPerHost < Math.min(count, Math.floor(most / Math.max(1, ...size)));
    return JSON.stringify([size, accepts, isCapped ? index : null]);
  });
  return [...alike.values()].map((group) => {
    const { type, accepts } = group[0]!;
    if (group.length === 1) return { type, accepts };
    return { type: { name: `${type.name} and alike`, size: type.size, count: group.reduce((sum, each) => sum + each.type.count, 0) }, accepts };
  });
}

function best(shop: Shop, { counts, boundCentsPerHour }: { readonly counts: readonly number[]; readonly boundCentsPerHour: number }): readonly number[] {
  let found = pruned(shop, completed(shop, counts));
  if (shop.missing(found) > 0) return found;
  for (const mix of cheaperMixes(shop, found, boundCentsPerHour)) {
    if (shop.trials() <= 0) break;
    // By rising cost, so the first that does is the cheapest of all.
    if (shop.missing(mix) > 0) continue;
    found = mix;
    break;
  }
  return found;
}
