// How fast one replica finds its host on a filled fleet, all constraints in force, another workload at every decision; and that the answer
// is the one that asking every host would give. Pure computation: no server, no database, no network.

import { performance } from 'node:perf_hooks';
import { type Best, capacityIndex } from '#scheduler/capacity-index.ts';
import { type DemandView, demandView, feasible, hostView } from '#scheduler/feasible.ts';
import { drawFrom, pick } from '#scheduler/fixtures/crowd.ts';
import type { Policy, Workload } from '#scheduler/model.ts';
import { occupy, type Overlay, overlay, vacate } from '#scheduler/overlay.ts';
import { type Base, prepare } from '#scheduler/prepare.ts';
import { score } from '#scheduler/score.ts';
import { benchFleet, benchWorkload } from './fleet.ts';
import type { BenchTable } from './table.ts';

const WORKLOADS = 5000;
const DECISIONS = 200_000;
/** Every so many decisions the full scan is asked as well. */
const SCAN_EVERY = 1000;

interface Placed {
  readonly workloadId: string;
  readonly demand: DemandView;
  readonly host: number;
}

/** Everything that may bind does: classes with caps, labels, taints, two environments with overcommit, limits for the cloud. */
function policyOf(policy: Policy, hosts: number): Policy {
  return {
    ...policy,
    environments: { ...policy.environments, dev: { kinds: ['private-vm', 'cloud-vm'], cpuOvercommitPermille: 2000 } },
    shapes: { tiny: { cpuMilli: 500, memoryMib: 1024 }, small: { cpuMilli: 1000, memoryMib: 2048 }, lean: { cpuMilli: 4000, memoryMib: 4096 }, standard: { cpuMilli: 4000, memoryMib: 8192 }, wide: { cpuMilli: 2000, memoryMib: 12_288 }, large: { cpuMilli: 8000, memoryMib: 16_384 } },
    classes: { apart: { caps: { perHost: 1, perRack: 4 }, spreadPermille: 2000 }, heap: { caps: {}, spreadPermille: 100 } },
    cloud: { mostCentsPerCoreHour: 7, mostCentsPerHour: hosts * 20 },
  };
}

function workloadsOf(policy: Policy): Workload[] {
  const shapes = Object.keys(policy.shapes);
  const draw = drawFrom(7);
  return Array.from({ length: WORKLOADS }, (_, index) => {
    const plain = benchWorkload(`w${index}`, 300, pick(draw, shapes));
    const ask = {
      ...plain.ask,
      cloud: pick(draw, ['allowed', 'never', 'never'] as const),
      labels: draw(10) === 0 ? { disk: 'ssd' } : {},
      tolerations: draw(20) === 0 ? ['for=batch'] : [],
      caps: pick(draw, [{}, { perHost: 2 }, { perRack: 6 }, { perHost: 1, perSite: 12 }]),
      class: pick(draw, [undefined, undefined, 'apart', 'heap']),
    };
    return { ...plain, ask, environment: draw(5) === 0 ? 'dev' : 'production' };
  });
}

function viewOf(base: Base, workload: Workload): DemandView {
  return demandView(base, workload, base.snapshot.policy.shapes[workload.ask.shape]!, workload.ask.caps, null);
}

/** Every host, every rule. */
function fullScan(state: Overlay, demand: DemandView): Best | undefined {
  let best: (Best & { tier: number }) | undefined;
  for (let host = 0; host < state.base.hosts.length; host += 1) {
    const view = hostView(state, host, demand.workload.id);
    if (feasible(view, demand) !== undefined) continue;
    const one = { host, score: score(state, host, demand, view.here), tier: state.base.order.tierOf[host]! };
    if (best === undefined || one.tier < best.tier || (one.tier === best.tier && one.score > best.score)) best = one;
  }
  return best && { host: best.host, score: best.score };
}

function place(state: Overlay, workload: Workload, placed: Placed[]): void {
  const demand = viewOf(state.base, workload);
  const found = capacityIndex(state, demand).best();
  if (found === undefined) return;
  occupy(state, workload.id, found.host, demand.charge, true);
  placed.push({ workloadId: workload.id, demand, host: found.host });
}

/** Fills until the fleet gives `fillPermille` of its CPU, with what the workloads ask for. */
function filled(base: Base, workloads: readonly Workload[], fillPermille: number): { state: Overlay; placed: Placed[] } {
  const state = overlay(base);
  const placed: Placed[] = [];
  const sum = (list: Float64Array) => list.reduce((total, each) => total + each, 0);
  const enough = sum(base.usableCpu) * (1 - fillPermille / 1000);
  for (let round = 0; round < 200 && (round % 5 !== 0 || sum(state.freeCpu) > enough); round += 1) for (const workload of workloads) place(state, workload, placed);
  return { state, placed };
}

function measure(hosts: number, fillPermille: number): Record<string, string | number> {
  const snapshot = benchFleet(hosts, 0);
  const policy = policyOf(snapshot.policy, hosts);
  const workloads = workloadsOf(policy);
  const base = prepare({ ...snapshot, policy, workloads });
  const { state, placed } = filled(base, workloads, fillPermille);
  const draw = drawFrom(1);
  const times = new Float64Array(DECISIONS);
  let nowhere = 0;
  let equal = 0;
  let scanMs = 0;
  for (let decision = 0; decision < DECISIONS; decision += 1) {
    // One replica of one workload leaves, one of another comes: the fleet stays as full as it is.
    const leaves = draw(placed.length);
    const gone = placed[leaves]!;
    placed[leaves] = placed.at(-1)!;
    placed.pop();
    vacate(state, gone.workloadId, gone.host, gone.demand.charge, true);
    const workload = workloads[draw(WORKLOADS)]!;
    const started = performance.now();
    const demand = viewOf(base, workload);
    const found = capacityIndex(state, demand).best();
    if (found !== undefined) {
      const rest = performance.now();
      if (decision % SCAN_EVERY === 0) {
        const scanned = fullScan(state, demand);
        scanMs += performance.now() - rest;
        equal += Number(scanned?.host === found.host && scanned.score === found.score);
      }
      const again = performance.now();
      occupy(state, workload.id, found.host, demand.charge, true);
      times[decision] = rest - started + (performance.now() - again);
      placed.push({ workloadId: workload.id, demand, host: found.host });
    } else {
      times[decision] = performance.now() - started;
      nowhere += 1;
      if (decision % SCAN_EVERY === 0) equal += Number(fullScan(state, demand) === undefined);
    }
  }
  const sum = times.reduce((total, each) => total + each, 0);
  times.sort();
  const micro = (permille: number) => Number((times[Math.min(DECISIONS - 1, Math.floor((DECISIONS * permille) / 1000))]! * 1000).toFixed(1));
  const scans = DECISIONS / SCAN_EVERY;
  const scanEach = scanMs / scans;
  return {
    hosts,
    'CPU given': `${((1 - state.freeCpu.reduce((total, each) => total + each, 0) / base.usableCpu.reduce((total, each) => total + each, 0)) * 100).toFixed(0)} %`,
    'replicas there': placed.length,
    'decisions a second': Math.round((DECISIONS / sum) * 1000),
    'p50 us': micro(500),
    'p99 us': micro(990),
    'worst us': micro(1000),
    'full scan us': Math.round(scanEach * 1000),
    'times faster': Math.round(scanEach / (sum / DECISIONS)),
    'equal to it': `${equal} of ${scans}`,
    'found no room': nowhere,
    goal: hosts === 10_000 ? '>= 100,000/s, p99 < 50 us' : '',
  };
}

/** @returns decisions a second, their quantiles, and the full scan beside them */
export async function benchOnline(): Promise<BenchTable> {
  return { name: 'one replica on a filled fleet, another workload every time', rows: [measure(1000, 850), measure(10_000, 700), measure(10_000, 900)] };
}
