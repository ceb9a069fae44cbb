// How long the counts of "why not" take on the largest fleet, beside asking every rule object of every host; and a fix, which decides anew
// many times. Pure computation: no server, no database, no network.

import { performance } from 'node:perf_hooks';
import { demandView, hostView, rules } from '#scheduler/feasible.ts';
import type { Snapshot, Workload } from '#scheduler/model.ts';
import { overlay } from '#scheduler/overlay.ts';
import { type Base, prepare } from '#scheduler/prepare.ts';
import { countRefusals, NO_RULE } from '#scheduler/questions/refusals.ts';
import { whyNot } from '#scheduler/questions/why-not.ts';
import { benchFleet, benchWorkload } from './fleet.ts';
import type { BenchTable } from './table.ts';

const ROUNDS = 300;
/** The naive way and whole answers are so much slower that fewer do. */
const FEW = 30;
/** As large as the largest hosts when empty, so that every host refuses, most of them for room. */
const HUGE = { cpuMilli: 56_000, memoryMib: 200_000 };

function quantile(times: readonly number[], permille: number): string {
  const sorted = times.toSorted((one, other) => one - other);
  return (sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * permille) / 1000))] ?? 0).toFixed(3);
}

function timed(rounds: number, run: (round: number) => void): number[] {
  return Array.from({ length: rounds }, (_, round) => {
    const started = performance.now();
    run(round);
    return performance.now() - started;
  });
}

/** Another workload each time; every tenth asks for labels that nobody asked for before, so that nothing is remembered of them. */
function draftOf(round: number): Workload {
  const draft = benchWorkload(`draft${round}`, 300, 'huge');
  const labels: Record<string, string> = round % 10 === 0 ? { disk: 'ssd', round: String(round) } : {};
  return { ...draft, ask: { ...draft.ask, labels, tolerations: round % 2 === 0 ? ['for=batch'] : [] } };
}

function row(what: string, hosts: number, times: readonly number[]): Record<string, string | number> {
  return { what, hosts, 'p50 ms': quantile(times, 500), 'p99 ms': quantile(times, 990), 'worst ms': quantile(times, 1000), rounds: times.length };
}

function naive(base: Base, draft: Workload): Map<string, number> {
  const state = overlay(base);
  const demand = demandView(base, draft, HUGE, draft.ask.caps, null);
  const counts = new Map<string, number>();
  for (let host = 0; host < base.hosts.length; host += 1) {
    const view = hostView(state, host, draft.id);
    const rule = rules.find(({ check }) => check(view, demand) !== undefined)?.rule ?? NO_RULE;
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
  }
  return counts;
}

function measure(hostCount: number, replicaCount: number): Record<string, string | number>[] {
  const fleet = benchFleet(hostCount, replicaCount);
  const snapshot: Snapshot = { ...fleet, policy: { ...fleet.policy, shapes: { ...fleet.policy.shapes, huge: HUGE } } };
  const base = prepare(snapshot);
  const counts = timed(ROUNDS, (round) => {
    const draft = draftOf(round);
    const counted = countRefusals(overlay(base), demandView(base, draft, HUGE, draft.ask.caps, null));
    const sum = counted.rules.reduce((total, { hosts }) => total + hosts, 0);
    if (sum !== hostCount) throw new Error(`${sum} hosts are counted, there are ${hostCount}`);
  });
  const slow = timed(FEW, (round) => naive(base, draftOf(round)));
  const whole = timed(FEW, (round) => whyNot(base, { workload: draftOf(round) }));
  return [row('counts', hostCount, counts), row('counts, every rule object of every host', hostCount, slow), row('with every fix tried', hostCount, whole)];
}

/** @returns p50 and p99 at both sizes; the goal for counts is 10 ms at 10,000 hosts */
export async function benchWhyNot(): Promise<BenchTable> {
  return { name: 'why not, pure computation', rows: [...measure(250, 1000), ...measure(10_000, 100_000)] };
}
