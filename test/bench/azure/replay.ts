/**
 * A trace replayed on equal hosts: arrivals go to the tightest host in use that takes them, every hour some hosts are emptied with the
 * product's own defragmentation under a budget of moves, then the hosts in use are counted and compared with a certified bound of the hour.
 */
import { proves } from '#scheduler/check-bound.ts';
import { Arrangement } from '#scheduler/defragment/arrangement.ts';
import { carryOut, explore } from '#scheduler/defragment/explore.ts';
import { wholeOf, type Column } from '#scheduler/pack/column.ts';
import { generate } from '#scheduler/pack/generate.ts';
import { flatten } from '#scheduler/pack/instance.ts';
import { pricingOf } from '#scheduler/pack/pricing.ts';
import type { PackProblem, Solve } from '#scheduler/pack/problem.ts';
import type { Trace, Vm } from './trace.ts';

const HOST = { cpu: 64, memory: 448 * 4, cost: 1 } as const;
const HOUR = 3600;
/** Thousands of hosts that one hour's defragmentation may look at: below a second. */
const STEPS = 400;

export interface Replayed {
  /** Hosts in use at the end of each hour. */
  readonly hosts: readonly number[];
  readonly moves: number;
}

/** @param permille of the running VMs that may be moved in an hour. @param place gives a host for an arrival, -1: an empty one */
export function replay({ vms, hours }: Trace, permille: number, place: (state: Arrangement, vm: number) => number): Replayed {
  const rules = { allows: () => true, moved: () => {} };
  const state = new Arrangement(Array.from({ length: mostHosts(vms) }, () => HOST), vms.length, rules);
  const idle = [...state.on.keys()].reverse();
  const departures = [...vms.keys()].filter((vm) => vms[vm]!.leaves < Number.POSITIVE_INFINITY).sort((one, other) => vms[one]!.leaves - vms[other]!.leaves);
  const none = new Uint8Array(vms.length);
  let [arrived, departed, running, moves] = [0, 0, 0, 0];
  const depart = () => {
    const vm = departures[departed]!;
    const host = state.hostOf[vm]!;
    state.remove(vm);
    if (state.on[host]!.length === 0) idle.push(host);
    departed += 1;
    running -= 1;
  };
  const arrive = () => {
    const size = { cpu: vms[arrived]!.cores, memory: vms[arrived]!.memoryQuarters };
    state.announce(arrived, size);
    const host = place(state, arrived);
    state.put(arrived, size, host >= 0 ? host : idle.pop()!);
    arrived += 1;
    running += 1;
  };
  const hosts = Array.from({ length: hours }, (_, hour) => {
    for (const end = (hour + 1) * HOUR; ; ) {
      const nextArrival = vms[arrived]?.arrives ?? Number.POSITIVE_INFINITY;
      const nextDeparture = departed < departures.length ? vms[departures[departed]!]!.leaves : Number.POSITIVE_INFINITY;
      if (Math.min(nextArrival, nextDeparture) > end) break;
      if (nextDeparture <= nextArrival) depart();
      else arrive();
    }
    state.weigh();
    const most = Math.floor((running * permille) / 1000);
    const candidates = [...state.on.keys()].filter((host) => state.on[host]!.length > 0);
    const chosen = most === 0 ? undefined : explore({ state, fixed: none, candidates, empty: [] }, { seed: hour, steps: STEPS, most }).at(-1);
    if (chosen !== undefined) {
      moves += carryOut(state, chosen).length;
      for (const { emptied } of chosen.gains) idle.push(...emptied);
    }
    return state.used;
  });
  return { hosts, moves };
}

/** More than are ever in use: what runs at the fullest time, spread thinly. */
function mostHosts(vms: readonly Vm[]): number {
  const changes = vms.flatMap(({ arrives, leaves, cores, memoryQuarters }) => {
    const share = Math.max(cores / HOST.cpu, memoryQuarters / HOST.memory);
    return [{ at: arrives, share }, { at: leaves, share: -share }];
  });
  let [now, most] = [0, 0];
  for (const { share } of changes.sort((one, other) => one.at - other.at)) most = Math.max(most, (now += share));
  return Math.ceil(most * 2) + 10;
}

/** For each hour the least number of hosts that can hold what runs then, proven by prices and checked apart. */
export function bounds({ vms, hours }: Trace, solve: Solve): number[] {
  const flavours = new Map(vms.map(({ cores, memoryQuarters }) => [`${cores} ${memoryQuarters}`, [cores, memoryQuarters] as const]));
  const counts = Array.from({ length: hours }, () => new Map<string, number>());
  for (const { arrives, leaves, cores, memoryQuarters } of vms) {
    const key = `${cores} ${memoryQuarters}`;
    for (let hour = Math.max(0, Math.ceil(arrives / HOUR) - 1); hour < hours && (hour + 1) * HOUR < leaves; hour += 1) counts[hour]!.set(key, (counts[hour]!.get(key) ?? 0) + 1);
  }
  let columns: readonly Column[] = [];
  return counts.map((count) => {
    const types = [...flavours].map(([name, size]) => ({ name, size, count: count.get(name) ?? 0 }));
    const hosts = types.reduce((sum, type) => sum + type.count, 1);
    const problem: PackProblem = { resources: ['cores', 'memory'], types, classes: [{ name: 'host', hosts, capacity: [HOST.cpu, HOST.memory], cost: HOST.cost, accepts: types.map(() => true) }] };
    const instance = flatten(problem);
    const generated = generate(instance, pricingOf(instance, 100_000), wholeOf(instance), columns, { solve, goOn: () => true, mostRounds: 100 });
    ({ columns } = generated);
    const problems: string[] = [];
    const certificate = { scale: instance.scale, prices: [...generated.best.prices], bound: generated.best.bound };
    const proven = Number(proves(problem, certificate, types.map((type) => type.count), problems)) / instance.scale;
    if (problems.length > 0) throw new Error(`the bound does not hold: ${problems.join('; ')}`);
    return Math.ceil(proven);
  });
}
