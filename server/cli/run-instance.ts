// Packs an instance within a time, checks the result apart, and names hosts and workloads again. Takes what instance.ts read; gives the
// body that `firn pack` prints. The clock is asked at each step of the search; everything else is the scheduler's.
import { checkBound } from '#scheduler/check-bound.ts';
import { pack } from '#scheduler/pack/pack.ts';
import type { Packing } from '#scheduler/pack/problem.ts';
import { loadSolver } from '../solver.ts';
import type { PackInstance } from './instance.ts';

export interface PackBody {
  /** Of all hosts that hold something, an hour. */
  readonly cost: number;
  /** No packing of what was placed costs less. */
  readonly bound: number;
  readonly gapPercent: number;
  readonly hostsUsed: number;
  readonly unplaced: readonly { readonly workload: string; readonly count: number }[];
  readonly seconds: number;
  /** What each replica is worth, in cost an hour: from these alone anyone computes the bound again. */
  readonly prices: readonly { readonly workload: string; readonly price: number }[];
  readonly placements: readonly { readonly workload: string; readonly host: string; readonly count: number }[];
}

export interface RunLimits {
  /** From the call to the last step of the search. */
  readonly milliseconds: number;
  readonly seed: number;
}

/** @returns the body, and what the checker found wrong with it: nothing, unless the packer has a fault */
export async function runInstance(instance: PackInstance, { milliseconds, seed }: RunLimits): Promise<{ body: PackBody; problems: readonly string[] }> {
  const { problem, costScale } = instance;
  const start = performance.now();
  const solve = await loadSolver();
  const spent = () => (performance.now() - start) / milliseconds;
  const packing = pack(problem, { solve, seed, spent, more: () => spent() < 1 });
  const { problems, cost, bound, gapPercent } = checkBound(problem, packing);
  const { scale, prices } = packing.certificate;
  const body: PackBody = {
    cost: cost / costScale,
    bound: bound / costScale,
    // Where nothing is proven because nothing has a price, nothing is known of the gap either.
    gapPercent: Number.isFinite(gapPercent) ? gapPercent : 100,
    hostsUsed: packing.bins.reduce((sum, { hosts }) => sum + hosts, 0),
    unplaced: packing.unplaced.flatMap((count, t) => (count > 0 ? [{ workload: problem.types[t]?.name ?? '', count }] : [])),
    seconds: Math.round(performance.now() - start) / 1000,
    prices: prices.map((price, t) => ({ workload: problem.types[t]?.name ?? '', price: price / (scale * costScale) })),
    placements: placementsOf(instance, packing),
  };
  return { body, problems };
}

function placementsOf({ problem, hostNames }: PackInstance, { bins }: Packing): PackBody['placements'] {
  const taken = hostNames.map(() => 0);
  return bins.flatMap(({ classIndex, hosts, contents }) => {
    const first = taken[classIndex] ?? 0;
    taken[classIndex] = first + hosts;
    const names = hostNames[classIndex]?.slice(first, first + hosts) ?? [];
    return names.flatMap((host) => contents.map(([t, count]) => ({ workload: problem.types[t]?.name ?? '', host, count })));
  });
}
